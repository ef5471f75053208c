"""The keys of Prometheus' HTTP client settings, which prometheus.yml and alertmanager.yml share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.formats.yaml import shape

if TYPE_CHECKING:
    from vedette.formats.yaml import Shape

__all__ = ["HTTP_CLIENT", "SIGV4", "TLS", "TRACING"]

# https://prometheus.io/docs/prometheus/latest/configuration/configuration/#http_config; what 3.5 and 0.33 accept was
# asked of promtool and amtool themselves, section by section.
TLS: Shape = shape(
    "ca ca_file ca_ref cert cert_file cert_ref insecure_skip_verify key key_file key_ref max_version min_version"
    " server_name"
)
_PROXY = "no_proxy proxy_connect_header proxy_from_environment proxy_url"
_OAUTH2 = shape(
    "audience claims client_certificate_key client_certificate_key_file client_certificate_key_id"
    " client_certificate_key_ref client_id client_secret client_secret_file client_secret_ref endpoint_params"
    f" grant_type iss scopes signature_algorithm token_url {_PROXY}",
    tls_config=TLS,
)
HTTP_CLIENT: dict[str, Shape | None] = shape(
    f"bearer_token bearer_token_file enable_http2 follow_redirects {_PROXY}",
    authorization=shape("credentials credentials_file credentials_ref type"),
    basic_auth=shape("password password_file password_ref username username_file username_ref"),
    http_headers={"*": shape("files secrets values")},
    oauth2=_OAUTH2,
    tls_config=TLS,
)
SIGV4: Shape = shape("access_key external_id profile region role_arn secret_key service_name use_fips_sts_endpoint")
TRACING: Shape = shape("client_type compression endpoint headers insecure sampling_fraction timeout", tls_config=TLS)
