// campaign: random estates, random faults, invariants at every step. See docs/campaign.md.
//
//   campaign --seeds FIRST..LAST [--rules FILE]...   these seeds
//   campaign --seeds FIRST..LAST --shrink no         a failure is only named
//   campaign --for 10m [--rules FILE]...             random seeds, for so long
//   campaign --seeds FIRST..LAST --tally yes         how often what happens happens, besides
//
// Exit status: 0 everything held, 1 something did not, 2 usage.

#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "campaign_commit.hpp"
#include "policy/load.hpp"
#include "trial.hpp"
#include "troubles.hpp"

using namespace heald;
using namespace heald::campaign;

namespace {

struct Orders {
  std::uint64_t first = 1;
  std::uint64_t last = 0;
  std::chrono::seconds lasting{0};
  std::vector<Rules> rules;  // none: random ones
  std::string program;       // and words, to rerun with
  std::string rules_words;
  bool shrinks = true;
  std::unique_ptr<Tally> tally;  // null: nobody counts
};

/// What an abort (an assertion of the engine) says of where it happened.
std::array<char, 256> where{};

void tell_where(int) {
  const std::string_view text{where.data()};
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
}

[[noreturn]] void explain() {
  std::cerr << "usage: campaign --seeds FIRST..LAST | --for 10m [--rules FILE]...\n";
  std::exit(2);
}

void read_seeds(Orders& orders, const std::string& text) {
  const auto dots = text.find("..");
  orders.first = std::strtoull(text.c_str(), nullptr, 10);
  orders.last = dots == std::string::npos
                    ? orders.first
                    : std::strtoull(text.c_str() + dots + 2, nullptr, 10);
}

/// "90s", "10m", "2h".
std::chrono::seconds read_duration(const std::string& text) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const std::chrono::seconds count{std::strtol(text.substr(0, digits).c_str(), nullptr, 10)};
  const std::string unit = text.substr(digits);
  if (unit == "s") return count;
  if (unit == "m") return count * 60;
  if (unit == "h") return count * 3600;
  explain();
}

void read_rules(Orders& orders, const std::string& path) {
  Loaded loaded = load_rules(path);
  for (const Problem& problem : loaded.problems) std::cerr << to_string(problem) << '\n';
  if (!loaded.policy) std::exit(2);
  orders.rules.push_back(std::make_shared<const Policy>(std::move(*loaded.policy)));
  orders.rules_words += " --rules " + path;
}

Orders read(int argc, char** argv) {
  Orders orders;
  orders.program = argv[0];
  const std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t place = 0; place < words.size(); ++place) {
    if (place + 1 == words.size()) explain();
    const std::string& value = words[place + 1];
    if (words[place] == "--seeds") {
      read_seeds(orders, value);
    } else if (words[place] == "--for") {
      orders.lasting = read_duration(value);
    } else if (words[place] == "--shrink") {
      orders.shrinks = value != "no";
    } else if (words[place] == "--tally") {
      if (value != "no") orders.tally = std::make_unique<Tally>();
    } else if (words[place] == "--rules") {
      read_rules(orders, value);
    } else {
      explain();
    }
    ++place;
  }
  if (orders.last == 0 && orders.lasting == std::chrono::seconds{0}) explain();
  return orders;
}

std::string rerun_line(const Orders& orders, std::uint64_t seed) {
  return orders.program + " --seeds " + std::to_string(seed) + orders.rules_words;
}

/// Whether everything held for this seed.
bool hold(const Orders& orders, std::uint64_t seed) {
  std::snprintf(where.data(), where.size(), "FAILED assertion: commit %s, seed %llu\nrerun: %s\n",
                commit, static_cast<unsigned long long>(seed),
                rerun_line(orders, seed).c_str());
  const sim::Scenario scenario =
      orders.rules.empty() ? random_scenario(seed)
                           : random_scenario(seed, orders.rules[seed % orders.rules.size()]);
  const Depth depth = seed % 2 == 0 ? Depth::whole : Depth::quick;
  const auto failure = try_scenario(scenario, depth, {.tally = orders.tally.get()});
  if (!failure) return true;
  std::cout << "FAILED " << failure->invariant << ": commit " << commit << ", seed " << seed
            << "\n  " << failure->text << "\nrerun: " << rerun_line(orders, seed) << std::endl;
  if (!orders.shrinks) return false;
  const sim::Scenario small = shrink(scenario, *failure);
  std::string timeline;
  const auto again = try_scenario(small, Depth::whole, {.timeline = &timeline});
  std::cout << "shrunk to:\n" << describe(small) << "timeline:\n" << timeline;
  if (again) std::cout << "  " << again->text << '\n';
  std::cout << std::flush;
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const Orders orders = read(argc, argv);
  std::signal(SIGABRT, tell_where);
  const auto began = std::chrono::steady_clock::now();
  const auto passed = [&] {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() -
                                                            began);
  };
  std::uint64_t count = 0;
  std::random_device chance;
  for (std::uint64_t seed = orders.first;; ++seed) {
    const bool timed = orders.last == 0;
    if (timed ? passed() >= orders.lasting : seed > orders.last) break;
    ++count;
    const std::uint64_t chosen = timed ? chance() : seed;
    if (!hold(orders, chosen)) return 1;
  }
  if (orders.tally) std::cout << *orders.tally;
  std::cout << count << " seeds in " << passed().count() << " s: everything held" << std::endl;
  return 0;
}
