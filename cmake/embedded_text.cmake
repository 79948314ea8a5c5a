# cmake -DFILE=… -DOUTPUT=… -DHEADER=… -DFUNCTION=… -P embedded_text.cmake
#
# Writes the source of a function, declared in HEADER, that returns the text of a file.
cmake_minimum_required(VERSION 3.25)  # or words between two @ are gone
file(READ ${FILE} text)
if(text MATCHES "\\)heald\"")
  message(FATAL_ERROR "${FILE} holds the mark that ends a text of the program")
endif()
get_filename_component(name ${FILE} NAME)
set(source "// Written by cmake/embedded_text.cmake from ${name}.
#include \"${HEADER}\"

namespace heald {

std::string_view ${FUNCTION}() { return R\"heald(${text})heald\"; }

}  // namespace heald
")
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "@source@" @ONLY)
