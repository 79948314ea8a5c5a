#include "runtime/differences.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

namespace heald {

namespace {

using What = KeyChange::What;

/// Collects keys below one place.
class Keys {
 public:
  explicit Keys(std::vector<KeyChange>& into, std::string place = {})
      : into_(&into), place_(std::move(place)) {}

  template <class Value>
  Keys& of(std::string_view key, const Value& before, const Value& after) {
    if (!(before == after)) add(What::changed, key);
    return *this;
  }
  void add(What what, std::string_view key) {
    into_->push_back({what, place_ + std::string{key}});
  }
  [[nodiscard]] Keys below(const std::string& key) const {
    return Keys{*into_, place_ + key + "."};
  }

  /// Two lists of what has names; `compare` looks at those that are in both.
  template <class List, class Compare>
  void named(const std::string& key, const List& before, const List& after, Compare compare) {
    Keys inside = below(key);
    for (const auto& one : after) {
      const auto found = find(before, one.name);
      if (found == before.end()) {
        inside.add(What::added, one.name);
      } else if (!(*found == one)) {
        compare(inside.below(one.name), *found, one);
      }
    }
    for (const auto& one : before) {
      if (find(after, one.name) == after.end()) inside.add(What::removed, one.name);
    }
    const bool moved = !std::equal(before.begin(), before.end(), after.begin(), after.end(),
                                   [](const auto& a, const auto& b) { return a.name == b.name; });
    const bool same_names =
        before.size() == after.size() &&
        std::all_of(after.begin(), after.end(),
                    [&](const auto& one) { return find(before, one.name) != before.end(); });
    if (moved && same_names) add(What::changed, key);  // their order
  }

 private:
  template <class List>
  static auto find(const List& list, const std::string& name) {
    return std::find_if(list.begin(), list.end(),
                        [&](const auto& one) { return one.name == name; });
  }

  std::vector<KeyChange>* into_;
  std::string place_;
};

void compare_commands(Keys keys, const ExecPolicy& before, const ExecPolicy& after) {
  keys.of("command", std::tie(before.command, before.shell), std::tie(after.command, after.shell))
      .of("directory", before.directory, after.directory)
      .of("environment", before.environment, after.environment)
      .of("user", before.user, after.user)
      .of("group", before.group, after.group);
}

void compare_processes(Keys keys, const ProcessRuntime& before, const ProcessRuntime& after) {
  compare_commands(keys, before.exec, after.exec);
  keys.of("pre_start", before.pre_start, after.pre_start)
      .of("stop", before.stop, after.stop)
      .of("post_stop", before.post_stop, after.post_stop)
      .of("on_shutdown", before.on_shutdown, after.on_shutdown)
      .of("reload", before.reload, after.reload)
      .of("ready", before.ready, after.ready)
      .of("output", before.output, after.output)
      .of("log", before.log, after.log)
      .of("umask", before.umask, after.umask)
      .of("limits", before.limits, after.limits)
      .of("exit", before.exit, after.exit);
}

void compare_runtimes(Keys keys, const ServicePolicy& before, const ServicePolicy& after) {
  const auto* process = before.process();
  const auto* external = before.external();
  if (process != nullptr && after.process() != nullptr) {
    return compare_processes(keys.below("process"), *process, *after.process());
  }
  if (external != nullptr && after.external() != nullptr) {
    keys.below("external")
        .of("start", external->start, after.external()->start)
        .of("stop", external->stop, after.external()->stop)
        .of("restart", external->restart, after.external()->restart)
        .of("reload", external->reload, after.external()->reload);
    return;
  }
  keys.add(What::removed, process != nullptr ? "process" : "external");
  keys.add(What::added, process != nullptr ? "external" : "process");
}

void compare_probes(Keys keys, const ProbePolicy& before, const ProbePolicy& after) {
  const bool same_kind = before.kind.index() == after.kind.index();
  if (!same_kind) keys.add(What::removed, kind_word(before.kind));
  if (!same_kind) keys.add(What::added, kind_word(after.kind));
  if (same_kind) keys.of(kind_word(after.kind), before.kind, after.kind);
  keys.of("role", before.role, after.role)
      .of("interval", before.interval, after.interval)
      .of("timeout", before.timeout, after.timeout)
      .of("failure_threshold", before.failure_threshold, after.failure_threshold)
      .of("success_threshold", before.success_threshold, after.success_threshold)
      .of("start_period", before.start_period, after.start_period)
      .of("source", before.source, after.source);
  // The address follows from what is looked at, which is told already.
  if (same_kind && before.kind == after.kind) keys.of("address", before.address, after.address);
}

void compare_rungs(Keys keys, const RungPolicy& before, const RungPolicy& after) {
  keys.of(to_string(kind_of(after.action)), before.action, after.action)
      .of("on", before.on, after.on)
      .of("attempts", before.attempts, after.attempts)
      .of("timeout", before.timeout, after.timeout)
      .of("verify", before.verify, after.verify)
      .of("destructive", before.destructive, after.destructive);
}

/// `depends_on` names its services under another word.
struct Named {
  const DependencyPolicy* rule;
  std::string name;
  friend bool operator==(const Named& a, const Named& b) { return *a.rule == *b.rule; }
};

std::vector<Named> named(const std::vector<DependencyPolicy>& rules) {
  std::vector<Named> all;
  for (const DependencyPolicy& rule : rules) all.push_back({&rule, rule.service});
  return all;
}

void compare_dependencies(Keys keys, const Named& before, const Named& after) {
  keys.of("until", before.rule->until, after.rule->until)
      .of("gate", before.rule->gate, after.rule->gate)
      .of("on_restart", before.rule->on_restart, after.rule->on_restart);
}

void compare_groups(Keys keys, const GroupPolicy& before, const GroupPolicy& after) {
  keys.of("max_concurrent", before.max_concurrent, after.max_concurrent)
      .of("min_healthy", before.min_healthy, after.min_healthy)
      .of("storm", before.storm, after.storm);
}

}  // namespace

std::vector<KeyChange> differences(const ServicePolicy& before, const ServicePolicy& after) {
  std::vector<KeyChange> found;
  Keys keys{found};
  keys.of("description", before.description, after.description)
      .of("owner", before.owner, after.owner)
      .of("runbook", before.runbook, after.runbook)
      .of("labels", before.labels, after.labels)
      .of("severity", before.severity, after.severity)
      .of("group", before.group, after.group);
  compare_runtimes(keys, before, after);
  keys.named("depends_on", named(before.depends_on), named(after.depends_on),
             compare_dependencies);
  keys.named("probes", before.probes, after.probes, compare_probes);
  keys.named("remediation", before.remediation, after.remediation, compare_rungs);
  keys.of("backoff", before.backoff, after.backoff)
      .of("limits", before.limits, after.limits)
      .of("reset_after", before.reset_after, after.reset_after)
      .of("slow_retry", before.slow_retry, after.slow_retry)
      .of("observe", before.observe, after.observe)
      .of("on_journal_loss", before.act_without_journal, after.act_without_journal)
      .of("notify", before.notify, after.notify);
  return found;
}

std::vector<KeyChange> daemon_differences(const Policy& before, const Policy& after) {
  std::vector<KeyChange> found;
  Keys keys{found};
  const DaemonPolicy& old = before.daemon;
  const DaemonPolicy& fresh = after.daemon;
  keys.below("heald")
      .of("state_dir", old.state_dir, fresh.state_dir)
      .of("socket", old.socket, fresh.socket)
      .of("telemetry", old.telemetry, fresh.telemetry)
      .of("start_concurrency", old.start_concurrency, fresh.start_concurrency)
      .of("actions_per_hour", old.actions_per_hour, fresh.actions_per_hour)
      .of("shutdown_timeout", old.shutdown_timeout, fresh.shutdown_timeout)
      .of("journal", std::tie(old.journal_max_size, old.journal_max_age),
          std::tie(fresh.journal_max_size, fresh.journal_max_age))
      .of("recorder", old.recorder_max_size, fresh.recorder_max_size);
  keys.named("groups", before.groups, after.groups, compare_groups);
  keys.named("receivers", before.receivers, after.receivers,
             [](Keys inside, const ReceiverPolicy& was, const ReceiverPolicy& is) {
               inside.of("timeout", was.timeout, is.timeout);
               if (!(was.kind == is.kind)) {
                 inside.add(What::changed, is.kind.index() == 0 ? "webhook" : "exec");
               }
             });
  return found;
}

}  // namespace heald
