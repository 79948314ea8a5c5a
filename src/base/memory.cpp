#include "base/memory.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace heald {
namespace {

/// Only segments that are never written: the others hold what relocation made of them.
int give_back_code(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int place = 0; place < object->dlpi_phnum; ++place) {
    const auto& segment = object->dlpi_phdr[place];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) / page * page;
    const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an ELF header has addresses as numbers
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void share_arenas() { ::mallopt(M_ARENA_MAX, 2); }

void give_back_memory() {
  ::malloc_trim(0);
  ::dl_iterate_phdr(&give_back_code, nullptr);
}

}  // namespace heald
