"""Every key that prometheus.yml may have, as Prometheus 3.5 knows them; and `GONE`, which older ones know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.formats._http_keys import HTTP_CLIENT, SIGV4, TRACING
from vedette.formats.yaml import shape

if TYPE_CHECKING:
    from vedette.formats.yaml import Shape

__all__ = ["GONE", "PROMETHEUS", "SCRAPE_FILE"]

RELABEL = shape("action modulus regex replacement separator source_labels target_label")
_LIMITS = "body_size_limit label_limit label_name_length_limit label_value_length_limit sample_limit target_limit"
_SCRAPING = (
    "always_scrape_classic_histograms convert_classic_histograms_to_nhcb keep_dropped_targets"
    " metric_name_escaping_scheme metric_name_validation_scheme scrape_failure_log_file scrape_interval"
    f" scrape_protocols scrape_timeout {_LIMITS}"
)
_FILTERS = shape("name values")


def _discovery(keys: str, http: bool = True, **below: Shape) -> Shape:
    return {**(HTTP_CLIENT if http else {}), **shape(keys, **below)}


_CLOUD = "access_key endpoint port profile refresh_interval region role_arn secret_key"
_ZOOKEEPER = _discovery("paths servers timeout", http=False)

# https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config
DISCOVERY: dict[str, Shape] = {
    "azure_sd_configs": _discovery(
        "authentication_method client_id client_secret environment port refresh_interval resource_group subscription_id"
        " tenant_id"
    ),
    "consul_sd_configs": _discovery(
        "allow_stale datacenter filter health_filter namespace node_meta partition password path_prefix"
        " refresh_interval scheme server services tag_separator tags token username"
    ),
    "digitalocean_sd_configs": _discovery("port refresh_interval"),
    "dns_sd_configs": _discovery("names port refresh_interval type", http=False),
    "docker_sd_configs": _discovery(
        "host host_networking_host match_first_network port refresh_interval", filters=_FILTERS
    ),
    "dockerswarm_sd_configs": _discovery("host port refresh_interval role", filters=_FILTERS),
    "ec2_sd_configs": _discovery(_CLOUD, filters=_FILTERS),
    "eureka_sd_configs": _discovery("refresh_interval server"),
    "file_sd_configs": _discovery("files refresh_interval", http=False),
    "gce_sd_configs": _discovery("filter port project refresh_interval tag_separator zone", http=False),
    "hetzner_sd_configs": _discovery("label_selector port refresh_interval role"),
    "http_sd_configs": _discovery("refresh_interval url"),
    "ionos_sd_configs": _discovery("datacenter_id port refresh_interval"),
    "kubernetes_sd_configs": _discovery(
        "api_server kubeconfig_file role",
        attach_metadata=shape("node"),
        namespaces=shape("names own_namespace"),
        selectors=shape("field label role"),
    ),
    "kuma_sd_configs": _discovery("client_id fetch_timeout refresh_interval server"),
    "lightsail_sd_configs": _discovery(_CLOUD),
    "linode_sd_configs": _discovery("port refresh_interval region tag_separator"),
    "marathon_sd_configs": _discovery("auth_token auth_token_file refresh_interval servers"),
    "nerve_sd_configs": _ZOOKEEPER,
    "nomad_sd_configs": _discovery("allow_stale namespace refresh_interval region server tag_separator"),
    "openstack_sd_configs": _discovery(
        "all_tenants application_credential_id application_credential_name application_credential_secret availability"
        " domain_id domain_name identity_endpoint password port project_id project_name refresh_interval region role"
        " tls_config userid username",
        http=False,
    ),
    "ovhcloud_sd_configs": _discovery(
        "application_key application_secret consumer_key endpoint refresh_interval service", http=False
    ),
    "puppetdb_sd_configs": _discovery("include_parameters port query refresh_interval url"),
    "scaleway_sd_configs": _discovery(
        "access_key api_url name_filter port project_id refresh_interval role secret_key secret_key_file"
        " tags_filter zone"
    ),
    "serverset_sd_configs": _ZOOKEEPER,
    "stackit_sd_configs": _discovery(
        "endpoint port private_key private_key_path project refresh_interval region service_account_key"
        " service_account_key_path"
    ),
    "static_configs": shape("labels targets"),
    "triton_sd_configs": _discovery(
        "account dns_suffix endpoint groups port refresh_interval role tls_config version", http=False
    ),
    "uyuni_sd_configs": _discovery("entitlement password refresh_interval separator server username"),
    "vultr_sd_configs": _discovery("port refresh_interval"),
}

GONE = frozenset({"scrape_classic_histograms"})
"""Of a scrape: Prometheus 2.45 to 2.55 take these keys, no later one does."""

SCRAPE: Shape = {
    **shape(" ".join(GONE)),
    **shape(
        f"enable_compression fallback_scrape_protocol honor_labels honor_timestamps job_name metrics_path"
        f" native_histogram_bucket_limit native_histogram_min_bucket_factor params scheme track_timestamps_staleness"
        f" {_SCRAPING}",
        metric_relabel_configs=RELABEL,
        relabel_configs=RELABEL,
    ),
    **HTTP_CLIENT,
    **DISCOVERY,
}
SCRAPE_FILE: Shape = {"scrape_configs": SCRAPE}
"""A file named by ``scrape_config_files``."""

PROMETHEUS: Shape = {
    "alerting": {
        "alert_relabel_configs": RELABEL,
        "alertmanagers": {
            **shape(
                "api_version path_prefix scheme timeout",
                alert_relabel_configs=RELABEL,
                relabel_configs=RELABEL,
                sigv4=SIGV4,
            ),
            **HTTP_CLIENT,
            **DISCOVERY,
        },
    },
    "global": shape(f"evaluation_interval external_labels query_log_file rule_query_offset {_SCRAPING}"),
    "otlp": shape(
        "convert_histograms_to_nhcb ignore_resource_attributes keep_identifying_resource_attributes"
        " promote_all_resource_attributes promote_resource_attributes translation_strategy"
    ),
    "remote_read": {
        **shape(
            "chunked_read_limit filter_external_labels headers name read_recent remote_timeout required_matchers url"
        ),
        **HTTP_CLIENT,
    },
    "remote_write": {
        **shape(
            "azuread google_iam headers name protobuf_message remote_timeout round_robin_dns send_exemplars"
            " send_native_histograms url",
            metadata_config=shape("max_samples_per_send send send_interval"),
            queue_config=shape(
                "batch_send_deadline capacity max_backoff max_samples_per_send max_shards min_backoff min_shards"
                " retry_on_http_429 sample_age_limit"
            ),
            sigv4=SIGV4,
            write_relabel_configs=RELABEL,
        ),
        **HTTP_CLIENT,
    },
    "rule_files": None,
    "runtime": shape("gogc"),
    "scrape_config_files": None,
    "scrape_configs": SCRAPE,
    "storage": {"exemplars": shape("max_exemplars"), "tsdb": shape("out_of_order_time_window")},
    "tracing": TRACING,
}
