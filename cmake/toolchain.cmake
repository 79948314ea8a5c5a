# Warnings, sanitizers, and faster tools where they are installed.

add_library(heald_flags INTERFACE)
target_compile_options(heald_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wno-sign-conversion -Wnon-virtual-dtor -Wold-style-cast)
target_compile_definitions(heald_flags INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ERROR_CODE_HEADER_ONLY SPDLOG_NO_THREAD_ID)
# Everywhere, since RE2 asks for it: a precompiled header serves only equal options.
target_compile_options(heald_flags INTERFACE -pthread)
target_link_options(heald_flags INTERFACE -pthread)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 warns of the insides of std::string and std::variant where nothing is wrong (its bugs
  # 105329, 105651 and 105562).
  target_compile_options(heald_flags INTERFACE -Wno-restrict -Wno-stringop-overflow
    -Wno-maybe-uninitialized -Wno-array-bounds)
endif()

if(HEALD_SANITIZE)
  target_compile_options(heald_flags INTERFACE -fsanitize=${HEALD_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(heald_flags INTERFACE -fsanitize=${HEALD_SANITIZE})
  # ThreadSanitizer does not follow std::atomic_thread_fence, which Asio uses, and GCC says so.
  target_compile_options(heald_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
endif()

if(HEALD_FUZZ)  # every room tells libFuzzer which of its edges an input reached
  target_compile_options(heald_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD)
  target_link_options(heald_flags INTERFACE -fuse-ld=mold)
endif()
