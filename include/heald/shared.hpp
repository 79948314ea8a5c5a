#pragma once
// A value that is one in memory while it is equal in many.

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>

namespace heald {

/// A container with the value semantics of `T` in the size of two pointers. Copies share what they
/// hold until one of them is written to, which then gets its own. An empty one holds nothing.
///
/// It is read like a `T`; what writes says so, by `own()` or one of the few calls after it, so that
/// no copy is made by mistake. Copies may be read on several threads, as those of `T`; one is
/// written to while no other thread drops a copy of it. References into a value are valid until it
/// is written to.
template <class T>
class Shared {
 public:
  using value_type = typename T::value_type;

  Shared() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): it stands for a T
  Shared(T value) : held_(value.empty() ? nullptr : std::make_shared<T>(std::move(value))) {}
  Shared(std::initializer_list<value_type> values) : Shared(T(values)) {}

  [[nodiscard]] const T& get() const { return held_ ? *held_ : nothing(); }
  // NOLINTNEXTLINE(google-explicit-constructor): it stands for a T
  operator const T&() const { return get(); }

  [[nodiscard]] bool empty() const { return get().empty(); }
  [[nodiscard]] std::size_t size() const { return get().size(); }
  [[nodiscard]] auto begin() const { return get().begin(); }
  [[nodiscard]] auto end() const { return get().end(); }
  [[nodiscard]] decltype(auto) front() const { return get().front(); }
  [[nodiscard]] decltype(auto) back() const { return get().back(); }
  template <class Key>
  [[nodiscard]] decltype(auto) operator[](const Key& key) const { return get()[key]; }
  template <class Key>
  [[nodiscard]] decltype(auto) at(const Key& key) const { return get().at(key); }

  /// To be written to.
  [[nodiscard]] T& own() {
    if (!held_) held_ = std::make_shared<T>();
    if (held_.use_count() > 1) held_ = std::make_shared<T>(*held_);
    return *held_;
  }
  void push_back(value_type value) { own().push_back(std::move(value)); }
  template <class... Arguments>
  decltype(auto) emplace_back(Arguments&&... arguments) {
    return own().emplace_back(std::forward<Arguments>(arguments)...);
  }
  void reserve(std::size_t count) { own().reserve(count); }
  void clear() { held_ = nullptr; }

  /// Whether both are one in memory.
  [[nodiscard]] bool shares_with(const Shared& other) const { return held_ == other.held_; }

  friend bool operator==(const Shared& left, const Shared& right) {
    return left.shares_with(right) || left.get() == right.get();
  }

 private:
  static const T& nothing() {
    static const T empty;
    return empty;
  }

  std::shared_ptr<T> held_;
};

}  // namespace heald
