# Warnings, sanitizers, and faster tools where they are installed.

add_library(heald_flags INTERFACE)
target_compile_options(heald_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wno-sign-conversion -Wnon-virtual-dtor -Wold-style-cast)
target_compile_definitions(heald_flags INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ERROR_CODE_HEADER_ONLY SPDLOG_NO_THREAD_ID)

if(HEALD_SANITIZE)
  target_compile_options(heald_flags INTERFACE -fsanitize=${HEALD_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(heald_flags INTERFACE -fsanitize=${HEALD_SANITIZE})
  # GCC 12 sees uninitialised and dangling values in instrumented library code that are none.
  target_compile_options(heald_flags INTERFACE -Wno-maybe-uninitialized -Wno-tsan)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_program(MOLD mold)
if(MOLD)
  target_link_options(heald_flags INTERFACE -fuse-ld=mold)
endif()
