#pragma once
// Values that are seldom there, in the room of a pointer while they are not: what is kept of a
// hundred thousand well services stays small.

#include <concepts>
#include <memory>
#include <optional>
#include <utility>

namespace heald {

/// A `std::optional` that keeps its value elsewhere. As with that, it has to have a value when it
/// is dereferenced. A copy has a value of its own.
template <class T>
class Seldom {
 public:
  Seldom() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): as of std::optional
  Seldom(std::nullopt_t) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as of std::optional
  Seldom(T value) : value_(std::make_unique<T>(std::move(value))) {}
  // NOLINTNEXTLINE(google-explicit-constructor): it is one that is kept elsewhere
  Seldom(std::optional<T> value)
      : value_(value ? std::make_unique<T>(*std::move(value)) : nullptr) {}
  Seldom(const Seldom& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
  Seldom(Seldom&&) noexcept = default;
  ~Seldom() = default;
  Seldom& operator=(const Seldom& other) {
    if (this != &other) *this = Seldom{other};
    return *this;
  }
  Seldom& operator=(Seldom&&) noexcept = default;

  [[nodiscard]] bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] T& operator*() { return *value_; }
  [[nodiscard]] const T& operator*() const { return *value_; }
  [[nodiscard]] T* operator->() { return value_.get(); }
  [[nodiscard]] const T* operator->() const { return value_.get(); }

  T& emplace() { return *(value_ = std::make_unique<T>()); }
  void reset() { value_.reset(); }

  friend bool operator==(const Seldom& one, const Seldom& other) {
    if (!one || !other) return one.has_value() == other.has_value();
    return *one == *other;
  }

 private:
  std::unique_ptr<T> value_;
};

/// A value that mostly is `T{}`, and is read as that while it is kept nowhere.
template <class T>
class Sparse {
 public:
  Sparse() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): it is that value
  Sparse(T value) { *this = std::move(value); }
  Sparse& operator=(T value) {
    if (value == T{}) {
      value_.reset();
    } else {
      value_ = std::move(value);
    }
    return *this;
  }

  [[nodiscard]] const T& operator*() const { return value_ ? *value_ : nothing(); }
  [[nodiscard]] const T* operator->() const { return &**this; }
  // NOLINTNEXTLINE(google-explicit-constructor): it is that value
  operator const T&() const { return **this; }
  void clear() { value_.reset(); }

  friend bool operator==(const Sparse&, const Sparse&) = default;
  template <class U>
    requires(!std::same_as<U, Sparse>)
  friend bool operator==(const Sparse& one, const U& other) {
    return *one == other;
  }

 private:
  static const T& nothing() {
    static const T value{};
    return value;
  }
  Seldom<T> value_;
};

}  // namespace heald
