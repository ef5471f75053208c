"""Every key that alertmanager.yml may have, as Alertmanager 0.33 knows them, and what each integration cannot lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.formats._http_keys import HTTP_CLIENT, SIGV4, TLS, TRACING
from vedette.formats.yaml import shape

if TYPE_CHECKING:
    from vedette.formats.yaml import Shape

__all__ = ["ALERTMANAGER", "INTEGRATIONS", "NEEDS", "TEMPLATED"]

_FIELDS = shape("short title value")
_MATTERMOST = (
    "author_icon author_link author_name color fallback footer footer_icon image_url pretext text thumb_url title"
    " title_link"
)


def _integration(keys: str, **below: Shape) -> Shape:
    return shape(f"http_config send_resolved {keys}", http_config=HTTP_CLIENT, **below)


# https://prometheus.io/docs/alerting/latest/configuration/#receiver-integration-settings
INTEGRATIONS: dict[str, Shape] = {
    "discord_configs": _integration("avatar_url content message title username webhook_url webhook_url_file"),
    "email_configs": shape(
        "auth_identity auth_password auth_password_file auth_secret auth_secret_file auth_username force_implicit_tls"
        " from headers hello html require_tls send_resolved smarthost text to",
        threading=shape("enabled thread_by_date"),
        tls_config=TLS,
    ),
    "incidentio_configs": _integration("alert_source_token alert_source_token_file max_alerts timeout url url_file"),
    "jira_configs": _integration(
        "api_type api_url description fields issue_type labels priority project reopen_duration reopen_transition"
        " resolve_transition summary wont_fix_resolution"
    ),
    "mattermost_configs": _integration(
        f"channel icon_emoji icon_url type username webhook_url webhook_url_file {_MATTERMOST}",
        attachments=shape(_MATTERMOST, fields=_FIELDS),
        fields=_FIELDS,
        priority=shape("persistent_notifications priority requested_ack"),
        props=shape("card"),
    ),
    "msteams_configs": _integration("summary text title webhook_url webhook_url_file"),
    "msteamsv2_configs": _integration("text title webhook_url webhook_url_file"),
    "opsgenie_configs": _integration(
        "actions api_key api_key_file api_url description details entity message note priority source tags"
        " update_alerts",
        responders=shape("id name type username"),
    ),
    "pagerduty_configs": _integration(
        "class client client_url component description details group routing_key routing_key_file service_key"
        " service_key_file severity source timeout url",
        images=shape("alt href src"),
        links=shape("href text"),
    ),
    "pushover_configs": _integration(
        "device expire html message monospace priority retry sound title token token_file ttl url url_title user_key"
        " user_key_file"
    ),
    "rocketchat_configs": _integration(
        "api_url channel color emoji icon_url image_url link_names short_fields text thumb_url title title_link token"
        " token_file token_id token_id_file",
        actions=shape("text type url"),
        fields=_FIELDS,
    ),
    "slack_configs": _integration(
        "api_url api_url_file app_token app_token_file app_url callback_id channel color fallback footer icon_emoji"
        " icon_url image_url link_names message_text mrkdwn_in pretext short_fields text thumb_url timeout title"
        " title_link update_message username",
        actions=shape("name style text type url value", confirm=shape("dismiss_text ok_text text title")),
        fields=_FIELDS,
    ),
    "sns_configs": _integration(
        "api_url attributes message phone_number subject target_arn topic_arn use_aws_http_client", sigv4=SIGV4
    ),
    "telegram_configs": _integration(
        "api_url bot_token bot_token_file chat_id chat_id_file disable_notifications message message_thread_id"
        " parse_mode"
    ),
    "victorops_configs": _integration(
        "api_key api_key_file api_url custom_fields entity_display_name message_type monitoring_tool routing_key"
        " state_message"
    ),
    "webex_configs": _integration("api_url message room_id"),
    "webhook_configs": _integration("max_alerts payload timeout url url_file"),
    "wechat_configs": _integration(
        "agent_id api_secret api_secret_file api_url corp_id message message_type to_party to_tag to_user"
    ),
}

# Of each group of keys one must be set; one that begins with "global." stands in the global section.
NEEDS: dict[str, tuple[str, ...]] = {
    "discord_configs": ("webhook_url webhook_url_file",),
    "email_configs": ("to", "from global.smtp_from", "smarthost global.smtp_smarthost"),
    "incidentio_configs": ("url url_file",),
    "jira_configs": ("api_url global.jira_api_url", "project", "issue_type"),
    "mattermost_configs": (
        "webhook_url webhook_url_file global.mattermost_webhook_url global.mattermost_webhook_url_file",
    ),
    "msteams_configs": ("webhook_url webhook_url_file",),
    "msteamsv2_configs": ("webhook_url webhook_url_file",),
    "opsgenie_configs": ("api_key api_key_file global.opsgenie_api_key global.opsgenie_api_key_file",),
    "pagerduty_configs": ("routing_key routing_key_file service_key service_key_file",),
    "pushover_configs": ("user_key user_key_file", "token token_file"),
    "rocketchat_configs": (
        "token token_file global.rocketchat_token global.rocketchat_token_file",
        "token_id token_id_file global.rocketchat_token_id global.rocketchat_token_id_file",
    ),
    "slack_configs": (
        (
            "api_url api_url_file app_token app_token_file global.slack_api_url global.slack_api_url_file"
            " global.slack_app_token global.slack_app_token_file"
        ),
    ),
    "sns_configs": ("topic_arn target_arn phone_number",),
    "telegram_configs": (
        "bot_token bot_token_file global.telegram_bot_token global.telegram_bot_token_file",
        "chat_id chat_id_file",
    ),
    "victorops_configs": (
        "routing_key",
        "api_key api_key_file global.victorops_api_key global.victorops_api_key_file",
    ),
    "webex_configs": ("room_id",),
    "webhook_configs": ("url url_file",),
    "wechat_configs": (
        "api_secret api_secret_file global.wechat_api_secret global.wechat_api_secret_file",
        "corp_id global.wechat_api_corp_id",
    ),
}

_MATTERMOST_TEXTS = " ".join(f"{key} attachments.{key}" for key in _MATTERMOST.split())

# What each integration expands as a template, with what stands below it: found by giving each key a broken one.
TEMPLATED: dict[str, frozenset[str]] = {
    kind: frozenset(keys.split())
    for kind, keys in {
        "discord_configs": "content message title",
        "email_configs": "from headers html text to",
        "jira_configs": "description fields issue_type labels priority project summary",
        "mattermost_configs": (
            f"{_MATTERMOST_TEXTS} attachments.fields.title attachments.fields.value channel fields.title fields.value"
            " icon_emoji icon_url priority.priority props.card type username"
        ),
        "msteams_configs": "summary text title",
        "msteamsv2_configs": "text title",
        "opsgenie_configs": (
            "actions api_key description details entity message note priority responders.id responders.name"
            " responders.username source tags"
        ),
        "pagerduty_configs": (
            "class client client_url component description details group images.alt images.href links.href links.text"
            " routing_key service_key severity source"
        ),
        "pushover_configs": "device message priority sound title token url url_title user_key",
        "rocketchat_configs": (
            "actions.text actions.url channel color emoji fields.title fields.value icon_url image_url text thumb_url"
            " title title_link"
        ),
        "slack_configs": (
            "actions.confirm.dismiss_text actions.confirm.ok_text actions.confirm.text actions.confirm.title"
            " actions.name actions.style actions.text actions.type actions.url actions.value callback_id channel color"
            " fallback fields.title fields.value footer icon_emoji icon_url image_url message_text pretext text"
            " thumb_url title title_link username"
        ),
        "sns_configs": "api_url attributes message phone_number subject target_arn topic_arn",
        "telegram_configs": "message",
        "victorops_configs": "custom_fields entity_display_name message_type monitoring_tool routing_key state_message",
        "webex_configs": "message",
        "webhook_configs": "payload url",
        "wechat_configs": "agent_id api_secret corp_id message to_party to_tag to_user",
    }.items()
}

_ROUTE: dict[str, Shape | None] = shape(
    "active_time_intervals continue group_by group_interval group_wait match match_re matchers mute_time_intervals"
    " receiver repeat_interval"
)
_ROUTE["routes"] = _ROUTE
_TIME_INTERVALS = shape(
    "name",
    time_intervals=shape("days_of_month location months weekdays years", times=shape("end_time start_time")),
)

ALERTMANAGER: Shape = {
    "event_recorder": {
        "file_outputs": shape("path"),
        "kafka_outputs": shape("acks brokers buffer_size client_id compression format topic", tls_config=TLS),
        "webhook_outputs": shape("max_retries retry_backoff timeout url workers", http_config=HTTP_CLIENT),
    },
    "global": shape(
        "jira_api_url mattermost_webhook_url mattermost_webhook_url_file opsgenie_api_key opsgenie_api_key_file"
        " opsgenie_api_url pagerduty_url resolve_timeout rocketchat_api_url rocketchat_token rocketchat_token_file"
        " rocketchat_token_id rocketchat_token_id_file slack_api_url slack_api_url_file slack_app_token"
        " slack_app_token_file slack_app_url smtp_auth_identity smtp_auth_password smtp_auth_password_file"
        " smtp_auth_secret smtp_auth_secret_file smtp_auth_username smtp_force_implicit_tls smtp_from smtp_hello"
        " smtp_require_tls smtp_smarthost telegram_api_url telegram_bot_token telegram_bot_token_file victorops_api_key"
        " victorops_api_key_file victorops_api_url webex_api_url wechat_api_corp_id wechat_api_secret"
        " wechat_api_secret_file wechat_api_url",
        http_config=HTTP_CLIENT,
        smtp_tls_config=TLS,
    ),
    "inhibit_rules": shape(
        "equal name source_match source_match_re source_matchers target_match target_match_re target_matchers"
    ),
    "mute_time_intervals": _TIME_INTERVALS,
    "receivers": {**shape("labels name"), **INTEGRATIONS},
    "route": _ROUTE,
    "templates": None,
    "time_intervals": _TIME_INTERVALS,
    "tracing": TRACING,
}
