# The man pages, out of docs/verbs: the target `man`, where Debian's go-md2man is installed.
include(GNUInstallDirs)
find_program(GO_MD2MAN go-md2man)
find_package(Python3 QUIET COMPONENTS Interpreter)
if(NOT GO_MD2MAN OR NOT Python3_FOUND)
  add_custom_target(man COMMAND ${CMAKE_COMMAND} -E echo "no man pages without go-md2man")
  return()
endif()

file(GLOB verb_pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/verbs/*.md)
set(man_pages)
foreach(page ${verb_pages})
  get_filename_component(verb ${page} NAME_WE)
  set(name heald-${verb})
  if(verb STREQUAL heald)
    set(name heald)
  endif()
  set(man_page ${PROJECT_BINARY_DIR}/man/${name}.1)
  add_custom_command(OUTPUT ${man_page}
    COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/scripts/man-page ${page} ${man_page}
      ${PROJECT_VERSION} ${GO_MD2MAN}
    DEPENDS ${page} ${PROJECT_SOURCE_DIR}/scripts/man-page VERBATIM)
  list(APPEND man_pages ${man_page})
endforeach()
add_custom_target(man ALL DEPENDS ${man_pages})
install(FILES ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
