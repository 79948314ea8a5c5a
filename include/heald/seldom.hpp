#pragma once
// An optional value for what few of many have.

#include <memory>
#include <optional>
#include <utility>

namespace heald {

/// As std::optional, but a pointer's size while it is empty; a value lies on the heap. A copy has a
/// value of its own.
template <class T>
class Seldom {
 public:
  Seldom() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as of std::optional
  Seldom(std::nullopt_t) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as of std::optional
  Seldom(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Seldom(const Seldom& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
  Seldom(Seldom&& other) noexcept = default;
  ~Seldom() = default;
  Seldom& operator=(const Seldom& other) {
    if (this != &other) *this = Seldom{other};
    return *this;
  }
  Seldom& operator=(Seldom&& other) noexcept = default;

  [[nodiscard]] bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  /// Only where there is one, as all that follow.
  [[nodiscard]] const T& operator*() const { return *value_; }
  [[nodiscard]] T& operator*() { return *value_; }
  [[nodiscard]] const T* operator->() const { return value_.get(); }
  [[nodiscard]] T* operator->() { return value_.get(); }

  friend bool operator==(const Seldom& left, const Seldom& right) {
    if (!left || !right) return left.has_value() == right.has_value();
    return *left == *right;
  }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace heald
