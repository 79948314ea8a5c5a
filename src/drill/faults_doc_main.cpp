// heald_faults_doc FILE: writes the reference of fault scripts anew, behind its marker in the file.

#include <iostream>

#include "drill/script.hpp"
#include "policy/rules_reference.hpp"

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: heald_faults_doc docs/simulate.md\n";
    return 2;
  }
  const auto written = heald::rewrite_reference(arguments[1], heald::faults_marker,
                                                heald::faults_reference());
  if (!written) std::cerr << written.error().message << '\n';
  return written ? 0 : 1;
}
