"""Tables of what exporters usually tell, by the names of their metrics: what no pattern of `levels` would guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["CHOSEN", "CONSTANT", "COUNTERS", "STATES", "WAVES"]

_GIB: Final = 2.0**30

WAVES: Final[Mapping[str, float]] = {
    "container_fs_usage_bytes": 0.4 * _GIB,
    "container_memory_working_set_bytes": 0.3 * _GIB,
    "kube_horizontalpodautoscaler_status_current_replicas": 5,
    "pg_blocked_longest_seconds": 0.4,
    "pg_database_xid_age": 40e6,
    "pg_exporter_last_scrape_duration_seconds": 0.06,
    "pg_locks_count": 9,
    "pg_replication_lag": 0.4,
    "pg_replication_lag_seconds": 0.4,
    "pg_stat_activity_count": 9,
    "pg_stat_activity_max_tx_duration": 2,
    "pg_stat_replication_pg_wal_lsn_diff": 20e3,
    "pg_stat_user_tables_n_dead_tup": 9_000,
    "pg_stat_user_tables_n_live_tup": 400_000,
    "probe_dns_lookup_time_seconds": 0.004,
    "probe_duration_seconds": 0.12,
    "probe_http_duration_seconds": 0.05,
    "probe_icmp_duration_seconds": 0.01,
    "redis_connected_clients": 42,
    "redis_connected_slave_lag_seconds": 0.6,
    "redis_db_keys": 60_000,
    "redis_db_keys_expiring": 18_000,
    "redis_latest_fork_seconds": 0.004,
    "redis_mem_fragmentation_ratio": 0.9,
    "redis_memory_used_bytes": 1.1 * _GIB,
    "redis_memory_used_peak_bytes": 1.6 * _GIB,
    "redis_memory_used_rss_bytes": 1.3 * _GIB,
    "redis_rdb_changes_since_last_save": 320,
}
"""Gauges that move with the day."""

CONSTANT: Final[Mapping[str, float]] = {
    "container_spec_cpu_period": 100_000,
    "container_spec_cpu_quota": 150_000,
    "container_spec_memory_limit_bytes": _GIB,
    "kafka_brokers": 3,
    "kafka_consumergroup_members": 6,
    "kafka_topic_partition_in_sync_replica": 3,
    "kafka_topic_partition_leader_is_preferred": 1,
    "kafka_topic_partition_replicas": 3,
    "kafka_topic_partition_under_replicated_partition": 0,
    "kafka_topic_partitions": 6,
    "kube_daemonset_status_desired_number_scheduled": 6,
    "kube_daemonset_status_number_available": 6,
    "kube_deployment_spec_replicas": 6,
    "kube_deployment_status_replicas_available": 6,
    "kube_horizontalpodautoscaler_spec_max_replicas": 12,
    "kube_horizontalpodautoscaler_spec_min_replicas": 2,
    "kube_job_failed": 0,
    "kube_job_status_active": 1,
    "kube_job_status_failed": 0,
    "kube_node_status_allocatable": 8,
    "kube_pod_container_resource_requests": 0.5,
    "kube_pod_info": 1,
    "kube_pod_owner": 1,
    "kube_statefulset_replicas": 6,
    "kube_statefulset_status_replicas_ready": 6,
    "kubelet_volume_stats_capacity_bytes": 20 * _GIB,
    "pg_blocked_sessions": 0,
    "pg_database_size_bytes": 14 * _GIB,
    "pg_exporter_last_scrape_error": 0,
    "pg_replication_streaming": 1,
    "pg_settings_max_connections": 100,
    "pg_static": 1,
    "probe_failed_due_to_regex": 0,
    "probe_http_redirects": 0,
    "probe_http_status_code": 200,
    "probe_ip_addr_hash": 3.1e9,
    "probe_ip_protocol": 4,
    "probe_tls_version_info": 1,
    "redis_aof_enabled": 1,
    "redis_aof_last_bgrewrite_status": 1,
    "redis_aof_last_write_status": 1,
    "redis_blocked_clients": 0,
    "redis_config_maxclients": 10_000,
    "redis_connected_slaves": 1,
    "redis_master_link_up": 1,
    "redis_memory_max_bytes": 2 * _GIB,
    "redis_rdb_last_bgsave_status": 1,
    "redis_slowlog_last_id": 12,
    "redis_uptime_in_seconds": 4 * 86_400,
}
"""Gauges that stay where they are."""

COUNTERS: Final[Mapping[str, float]] = {
    "container_cpu_cfs_periods_total": 10,
    "container_cpu_cfs_throttled_periods_total": 0.4,
    "pg_stat_archiver_archived_count": 0.02,
    "pg_stat_archiver_failed_count": 0,
    "pg_stat_bgwriter_checkpoints_req_total": 0.0005,
    "pg_stat_bgwriter_checkpoints_timed_total": 0.003,
    "pg_stat_database_blks_hit": 9_000,
    "pg_stat_database_blks_read": 60,
    "pg_stat_database_deadlocks": 0,
    "pg_stat_database_temp_bytes": 30_000,
    "pg_stat_database_tup_deleted": 4,
    "pg_stat_database_tup_fetched": 2_000,
    "pg_stat_database_tup_inserted": 30,
    "pg_stat_database_tup_returned": 8_000,
    "pg_stat_database_tup_updated": 45,
    "pg_stat_database_xact_commit": 80,
    "pg_stat_database_xact_rollback": 0.8,
    "pg_stat_statements_calls_total": 40,
    "pg_stat_statements_seconds_total": 0.2,
    "pg_stat_user_tables_idx_scan": 120,
    "pg_stat_user_tables_seq_scan": 2,
    "redis_commands_duration_seconds_total": 0.004,
    "redis_commands_failed_calls_total": 0.01,
    "redis_commands_processed_total": 400,
    "redis_commands_rejected_calls_total": 0,
    "redis_commands_total": 200,
    "redis_connections_received_total": 2,
    "redis_cpu_sys_main_thread_seconds_total": 0.03,
    "redis_cpu_user_main_thread_seconds_total": 0.06,
    "redis_errors_total": 0.01,
    "redis_evicted_keys_total": 0.4,
    "redis_expired_keys_total": 6,
    "redis_keyspace_hits_total": 240,
    "redis_keyspace_misses_total": 30,
    "redis_net_input_bytes_total": 60_000,
    "redis_net_output_bytes_total": 400_000,
    "redis_rejected_connections_total": 0,
}
"""What they count, a second."""

STATES: Final = frozenset(
    {"kube_pod_container_status_last_terminated_reason", "kube_pod_container_status_waiting_reason",
     "kube_pod_status_reason"}
)  # fmt: skip
"""Gauges that are 1 only for what has gone wrong."""

CHOSEN: Final[Mapping[str, Sequence[Mapping[str, str]]]] = {
    "kube_node_status_condition": (
        {"condition": "Ready", "status": "true"},
        {"condition": "MemoryPressure", "status": "false"},
        {"condition": "DiskPressure", "status": "false"},
        {"condition": "PIDPressure", "status": "false"},
    ),
    "kube_persistentvolumeclaim_status_phase": ({"phase": "Bound"},),
    "kube_pod_status_phase": ({"phase": "Running"},),
    "kube_pod_status_ready": ({"condition": "true"},),
}
"""Gauges that are 1 in one of their states and 0 in the others → the labels of that one."""
