#include "policy/sharing.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "heald/shared.hpp"

namespace heald {
namespace {

/// The latest different values of one kind.
template <class T>
class Pool {
 public:
  /// Takes the place of an equal one among them, or joins them.
  void share(Shared<T>& value) {
    if (value.get().empty()) return value.clear();
    const auto same = std::ranges::find(values_, value);
    if (same != values_.end()) {
      value = *same;
    } else {
      values_[oldest_++ % values_.size()] = value;
    }
  }

 private:
  std::array<Shared<T>, 8> values_;
  std::size_t oldest_ = 0;
};

class Sharing {
 public:
  void share(ServicePolicy& service) {
    labels_.share(service.labels);
    ladders_.share(service.remediation);
    receivers_.share(service.notify.to);
    occasions_.share(service.notify.on);
    if (auto* process = std::get_if<ProcessRuntime>(&service.runtime)) share(*process);
  }

 private:
  void share(ProcessRuntime& process) {
    environments_.share(process.exec.environment);
    env_files_.share(process.exec.env_files);
    secrets_.share(process.exec.secret_files);
    before_.share(process.pre_start);
    after_.share(process.post_stop);
    limits_.share(process.limits);
    good_.share(process.exit.success);
    final_.share(process.exit.never_restart);
  }

  using Texts = std::map<std::string, std::string>;
  using Names = std::vector<std::string>;
  Pool<Texts> labels_, environments_, secrets_;
  Pool<Names> receivers_, env_files_;
  Pool<std::vector<RungPolicy>> ladders_;
  Pool<std::vector<Occasion>> occasions_;
  Pool<std::vector<Argv>> before_, after_;
  Pool<std::vector<ResourceLimit>> limits_;
  Pool<std::vector<int>> good_, final_;
};

}  // namespace

void share_equal_parts(const std::vector<std::shared_ptr<ServicePolicy>>& services) {
  Sharing sharing;
  for (const auto& service : services) sharing.share(*service);
}

}  // namespace heald
