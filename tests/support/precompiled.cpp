// Carries the precompiled header that the tests share: CMake makes it only for a target that has
// a source which uses it, and main.cpp cannot.
