#pragma once
// An owned file descriptor.

#include <utility>

namespace heald {

/// Closes what it holds. -1 holds nothing.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.number_, -1));
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] int release() { return std::exchange(number_, -1); }
  [[nodiscard]] explicit operator bool() const { return number_ >= 0; }
  void reset(int number = -1);

 private:
  int number_ = -1;
};

}  // namespace heald
