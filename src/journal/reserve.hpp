#pragma once
// Room on the disk that is kept for the moment when there is none.

#include <string>

#include "heald/policy.hpp"

namespace heald {

/// A preallocated file. When the disk is full, releasing it lets the journal go on for a while,
/// so that the action that frees space can still be journaled and run.
class Reserve {
 public:
  /// `size` zero: none is kept.
  Reserve(std::string path, Bytes size) : path_(std::move(path)), size_(size) {}

  /// Allocates it when it is not there and the disk has twice its size free: taking the last of
  /// the space would bring about what it is kept for. A disk without room is no error.
  void keep();
  /// Gives its space back; false: there was none to give.
  bool release();

  [[nodiscard]] bool held() const { return held_ || size_.count == 0; }
  [[nodiscard]] Bytes size() const { return size_; }

 private:
  std::string path_;
  Bytes size_;
  bool held_ = false;
};

}  // namespace heald
