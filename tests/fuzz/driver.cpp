// Runs a fuzz target without libFuzzer, with the arguments that libFuzzer knows too:
//
//   fuzz_NAME [-runs=N] [-seed=N] [-dict=FILE] [-max_len=N] [-artifact_prefix=PREFIX] PATH…
//
// Each file, and each file of each folder, is run; then, where a folder was given, N inputs made
// from all of these. Equal arguments run equal inputs.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "fuzz/mutator.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace heald::fuzz {

namespace {

struct Arguments {
  std::uint64_t runs = 0;
  std::uint64_t seed = 1;
  std::size_t longest = 4096;
  std::string dictionary;
  std::string prefix = "./";
  std::vector<std::string> paths;
};

Arguments read_arguments(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument{values[i]};
    const std::size_t equals = argument.find('=');
    const std::string_view key = argument.substr(0, equals);
    const char* value = equals == std::string_view::npos ? "" : values[i] + equals + 1;
    if (argument.front() != '-') {
      arguments.paths.emplace_back(argument);
    } else if (key == "-runs") {
      arguments.runs = std::strtoull(value, nullptr, 10);
    } else if (key == "-seed") {
      arguments.seed = std::strtoull(value, nullptr, 10);
    } else if (key == "-max_len") {
      arguments.longest = std::strtoull(value, nullptr, 10);
    } else if (key == "-dict") {
      arguments.dictionary = value;
    } else if (key == "-artifact_prefix") {
      arguments.prefix = value;
    } else {
      throw std::runtime_error{"unknown argument " + std::string{argument}};
    }
  }
  return arguments;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{"cannot read " + path.string()};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::string> read_corpus(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator{path}) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);  // a folder's order is the file system's
  std::vector<std::string> corpus;
  for (const auto& file : files) corpus.push_back(read_file(file));
  return corpus;
}

/// Keeps the input that is running in a file. However the program ends, the file that it leaves
/// is the input that did it: a handler could not be relied upon after a stack overflow.
class Runner {
 public:
  explicit Runner(std::string path)
      : path_(std::move(path)),
        file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
    if (!file_) throw std::runtime_error{"cannot write " + path_};
    std::printf("should this end in a crash, its input is in %s\n", path_.c_str());
    std::fflush(stdout);
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  ~Runner() { ::unlink(path_.c_str()); }

  void run(const std::string& input) {
    const auto size = static_cast<ssize_t>(input.size());
    const bool kept = ::pwrite(file_.get(), input.data(), input.size(), 0) == size &&
                      ::ftruncate(file_.get(), size) == 0;
    if (!kept) throw std::runtime_error{"cannot write " + path_};
    // A copy of its exact size, so that a read beyond its end is seen.
    const std::vector<std::uint8_t> bytes{input.begin(), input.end()};
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }

 private:
  std::string path_;
  Fd file_;
};

int drive(const Arguments& arguments) {
  const std::vector<std::string> corpus = read_corpus(arguments.paths);
  if (corpus.empty()) throw std::runtime_error{"there is no input"};
  std::vector<std::string> words;
  if (!arguments.dictionary.empty()) words = read_dictionary(arguments.dictionary);
  Runner runner{arguments.prefix + "running"};
  for (const std::string& input : corpus) runner.run(input);
  Mutator mutator{arguments.seed, corpus, std::move(words), arguments.longest};
  for (std::uint64_t i = 0; i < arguments.runs; ++i) runner.run(mutator.next());
  std::printf("ran %zu inputs of the corpus, and %llu made from them\n", corpus.size(),
              static_cast<unsigned long long>(arguments.runs));
  return 0;
}

}  // namespace

}  // namespace heald::fuzz

int main(int count, char** values) try {
  return heald::fuzz::drive(heald::fuzz::read_arguments(count, values));
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s: %s\n", values[0], error.what());
  return 2;
}
