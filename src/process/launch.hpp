#pragma once
// A spawn request made concrete: every name looked up. Private to this room.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "process/account.hpp"
#include "process/child_entry.hpp"
#include "process/child_record.hpp"
#include "process/spawn.hpp"

namespace heald {

/// Owns what a child's plan points to. Stays where it is: the plan would dangle.
class Launch {
 public:
  /// Errors tell why, without "cannot start NAME".
  [[nodiscard]] Result<void> prepare(const SpawnRequest& request);

  Launch() = default;
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;
  ~Launch() = default;

  [[nodiscard]] ChildPlan& plan() { return plan_; }
  /// What the child's failed step means, without "cannot start NAME".
  [[nodiscard]] Error failure(const SpawnRequest& request) const;
  /// Why the child did not enter the cgroup asked for; empty: it did, or none was asked for.
  [[nodiscard]] std::string cgroup_problem() const;

 private:
  Result<void> prepare_identity(const ExecPolicy& exec);
  [[nodiscard]] Result<void> prepare_environment(const ExecPolicy& exec);
  Result<void> prepare_program(const ExecPolicy& exec);
  Result<void> prepare_limits(const std::vector<ResourceLimit>& limits);
  void prepare_cgroup(const SpawnRequest& request);
  Result<void> prepare_descriptors(const SpawnRequest& request);
  void prepare_record(const RecordTarget& target);

  std::optional<Identity> identity_;
  std::vector<std::string> environment_;
  std::vector<char*> environment_pointers_;
  std::vector<std::string> arguments_;
  std::vector<char*> argument_pointers_;
  std::string path_;
  std::vector<ChildLimit> limits_;
  std::array<Fd, 5> moved_;  ///< duplicates of descriptors that stood in the way of 0, 1 and 2
  Fd cgroup_;
  std::string cgroup_problem_;
  ChildRecordText record_;
  ChildPlan plan_;
};

}  // namespace heald
