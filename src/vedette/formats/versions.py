"""Which keys older releases of Prometheus and Alertmanager refuse, and where a config uses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from vedette.formats import alertmanager, prometheus, rules, yaml
from vedette.formats.alertmanager import AlertmanagerConfig
from vedette.formats.rules import RuleFile

if TYPE_CHECKING:
    from vedette.formats.prometheus import PrometheusConfig
    from vedette.place import Place

__all__ = ["ALERTMANAGER_SINCE", "ANYWHERE", "PROMETHEUS_SINCE", "unsupported"]

Since = Mapping[str, Mapping[str, str]]
"""Release → section (the key a mapping stands under, ``""`` for the whole file) → keys, parted by spaces."""

ANYWHERE = "*"
"""The section of keys that are new wherever they stand."""

_CERTIFICATES = "ca ca_ref cert cert_ref key key_ref"
_OAUTH2 = (
    "audience claims client_certificate_key client_certificate_key_file client_certificate_key_id"
    " client_certificate_key_ref grant_type iss signature_algorithm"
)
_SCRAPING = (
    "always_scrape_classic_histograms convert_classic_histograms_to_nhcb metric_name_escaping_scheme"
    " metric_name_validation_scheme scrape_failure_log_file"
)

# Asked of promtool 2.42, 2.53 and 3.5 key by key: the release is the first of the three that takes the key.
PROMETHEUS_SINCE: Since = {
    "2.53": {
        ANYWHERE: "http_headers no_proxy proxy_from_environment",
        "": "runtime scrape_config_files",
        "global": (
            "body_size_limit keep_dropped_targets label_limit label_name_length_limit label_value_length_limit"
            " rule_query_offset sample_limit scrape_protocols target_limit"
        ),
        "scrape_configs": (
            "enable_compression keep_dropped_targets native_histogram_bucket_limit native_histogram_min_bucket_factor"
            " scrape_classic_histograms scrape_protocols track_timestamps_staleness"
        ),
        "alertmanagers": "alert_relabel_configs sigv4",
        "queue_config": "sample_age_limit",
        "sigv4": "use_fips_sts_endpoint",
        "tls_config": _CERTIFICATES,
        "basic_auth": "password_ref username_file username_ref",
        "authorization": "credentials_ref",
        "oauth2": "client_secret_ref proxy_connect_header",
        "groups": "query_offset",
    },
    "3.5": {
        "": "otlp",
        "global": _SCRAPING,
        "scrape_configs": f"{_SCRAPING} fallback_scrape_protocol",
        "remote_write": "protobuf_message round_robin_dns",
        "remote_read": "chunked_read_limit",
        "docker_sd_configs": "match_first_network",
        "hetzner_sd_configs": "label_selector",
        "sigv4": "external_id service_name",
        "oauth2": _OAUTH2,
        "groups": "labels",
    },
}

# Asked of amtool 0.25 and 0.33 in the same way.
ALERTMANAGER_SINCE: Since = {
    "0.33": {
        ANYWHERE: "http_headers no_proxy proxy_from_environment",
        "": "event_recorder tracing",
        "global": (
            "jira_api_url mattermost_webhook_url mattermost_webhook_url_file rocketchat_api_url rocketchat_token"
            " rocketchat_token_file rocketchat_token_id rocketchat_token_id_file slack_app_token slack_app_token_file"
            " slack_app_url smtp_auth_secret_file smtp_force_implicit_tls smtp_tls_config telegram_bot_token"
            " telegram_bot_token_file wechat_api_secret_file"
        ),
        "inhibit_rules": "name",
        "receivers": (
            "incidentio_configs jira_configs labels mattermost_configs msteams_configs msteamsv2_configs"
            " rocketchat_configs"
        ),
        "discord_configs": "avatar_url content username webhook_url_file",
        "email_configs": "auth_secret_file force_implicit_tls threading",
        "pagerduty_configs": "timeout",
        "pushover_configs": "device monospace token_file ttl user_key_file",
        "slack_configs": "app_token app_token_file app_url message_text timeout update_message",
        "sns_configs": "use_aws_http_client",
        "telegram_configs": "bot_token_file chat_id_file message_thread_id",
        "webhook_configs": "payload timeout url_file",
        "wechat_configs": "api_secret_file",
        "sigv4": "external_id service_name use_fips_sts_endpoint",
        "tls_config": _CERTIFICATES,
        "smtp_tls_config": _CERTIFICATES,
        "basic_auth": "password_ref username_file username_ref",
        "authorization": "credentials_ref",
        "oauth2": f"{_OAUTH2} client_secret_ref proxy_connect_header",
    },
}


def unsupported(
    config: PrometheusConfig | RuleFile | AlertmanagerConfig, version: str
) -> list[tuple[Place | None, str, str]]:
    """What ``config`` says that ``version`` refuses: (place of the job, group or receiver, key, release that takes it).

    Args:
        config: the values that would be written.
        version: of Prometheus or Alertmanager, ``"2.42"``; releases between the tested ones count as the older one.
    """
    if isinstance(config, AlertmanagerConfig):
        text, table = alertmanager.write(config), ALERTMANAGER_SINCE
        places = {"receivers": [one.place for one in config.receivers]}
        places["inhibit_rules"] = [rule.place for rule in config.inhibit_rules]
    elif isinstance(config, RuleFile):
        text, table = rules.write(config), PROMETHEUS_SINCE
        places = {"groups": [group.place for group in config.groups]}
    else:
        text, table = prometheus.write(config), PROMETHEUS_SINCE
        places = {"scrape_configs": [job.place for job in config.scrape_configs]}
    newer = {
        (section, key): release
        for release, sections in table.items()
        if _numbers(release) > _numbers(version)
        for section, keys in sections.items()
        for key in keys.split()
    }
    default = None if isinstance(config, RuleFile) else config.place
    found: list[tuple[Place | None, str, str]] = []
    for key, value in yaml.parse(text, "", "the file").plain().items():
        if ("", key) in newer:
            found.append((default, key, newer["", key]))
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            place = places[key][index] if key in places else default
            found.extend((place, name, newer[at]) for at, name in _keys(item, key, newer))
    return found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


def _keys(value: Any, section: str, newer: Mapping[tuple[str, str], str]) -> Iterator[tuple[tuple[str, str], str]]:
    """The newer keys in a value and below; what stands in a key that is new itself is not told apart."""
    if isinstance(value, list):
        for item in value:
            yield from _keys(item, section, newer)
    elif isinstance(value, Mapping):
        for key, below in value.items():
            at = next((at for at in ((section, key), (ANYWHERE, key)) if at in newer), None)
            if at:
                yield at, key
            else:
                yield from _keys(below, key, newer)
