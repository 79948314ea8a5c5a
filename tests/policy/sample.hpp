#pragma once
// A rule file that uses most of what there is.

#include <string_view>

namespace heald::test {

inline constexpr std::string_view sample = R"(heald:
  state_dir: /var/lib/heald
  telemetry: 127.0.0.1:4325

receivers:
  oncall: {webhook: {url: "https://hooks.example/ops", secret_file: /etc/heald/hook.secret}}

groups:
  storefront: {max_concurrent: 1, min_healthy: 50%}

services:
  redis:
    external: {restart: [systemctl, restart, redis]}
    probes: {pong: {tcp: {address: "127.0.0.1:6379", send: "PING\r\n", expect: "+PONG"}}}
  web:
    description: Public storefront
    owner: team-storefront
    runbook: https://wiki.example/web
    group: storefront
    labels: {tier: front}
    severity: page
    process:
      command: [nginx, -g, "daemon off;"]
      user: www-data
      environment: {LANG: C.UTF-8}
      pre_start: [[nginx, -t]]
      stop: {signal: SIGQUIT, timeout: 10s}
      ready: probe                 # or started
      output: file                 # or inherit
    depends_on: {redis: {}}
    probes:
      answers:
        http: {url: "http://127.0.0.1:8080/healthz", status: 200, latency: {below: 300ms}}
        interval: 2s
        timeout: 500ms
        failure_threshold: 3
        success_threshold: 1
        start_period: 10s
    remediation:                   # the ladder; a rung may be just the action's name
      - reload
      - restart: {}
        attempts: 2
        verify: {within: 15s, stable_for: 5s}
      - name: rebuild
        reprovision: {command: [/usr/local/lib/shop/rebuild-web], timeout: 2m}
        verify: {within: 60s}
    backoff: {initial: 1s, max: 5m}
    limits: {actions: 6, per: 10m}
    notify: {to: [oncall], on: [opened, latched, recovered], repeat: 1h}
)";

}  // namespace heald::test
