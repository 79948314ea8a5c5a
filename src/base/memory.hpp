#pragma once
// What the process holds of the machine's memory.

namespace heald {

/// Keeps malloc to two arenas. By default each thread gets its own, of which most stays unused.
/// Before the first thread.
void share_arenas();

/// Gives back to the kernel what only the past needed: free memory that malloc keeps, and the pages
/// of programs and libraries that were read once, at the start or in a reload. What is needed again
/// comes back from the page cache. Any thread; takes some milliseconds. (A debugger's breakpoints
/// are copies of such pages, and are lost.)
void give_back_memory();

}  // namespace heald
