# cmake -DFOLDER=… -DOUTPUT=… -P shipped_library.cmake
#
# Writes the source of shipped_library() from the files of FOLDER that have a section `library`.
cmake_minimum_required(VERSION 3.25)  # or words between two @ are gone
file(GLOB files LIST_DIRECTORIES false ${FOLDER}/*.yaml)
list(SORT files)
set(entries "")
foreach(path ${files})
  file(READ ${path} text)
  if(NOT text MATCHES "(^|\n)library:")
    continue()
  endif()
  if(text MATCHES "\\)heald\"")
    message(FATAL_ERROR "${path} holds the mark that ends a text of the program")
  endif()
  get_filename_component(name ${path} NAME)
  string(APPEND entries "    ShippedFile{\"${name}\", R\"heald(${text})heald\"},\n")
endforeach()
set(source "// Written by cmake/shipped_library.cmake from rules/*.yaml.
#include \"policy/shipped_library.hpp\"

#include <vector>

namespace heald {

std::span<const ShippedFile> shipped_library() {
  static const std::vector<ShippedFile> files{
${entries}  };
  return files;
}

}  // namespace heald
")
# Unchanged, it is left alone, so that nothing is built anew for it.
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "@source@" @ONLY)
