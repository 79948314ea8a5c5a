// heald_rules_doc FILE: writes the reference of rule files anew, behind its marker in the file.

#include <iostream>

#include "policy/rules_reference.hpp"

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: heald_rules_doc docs/rules.md\n";
    return 2;
  }
  const auto written = heald::rewrite_reference(arguments[1], heald::reference_marker,
                                                heald::rules_reference());
  if (!written) std::cerr << written.error().message << '\n';
  return written ? 0 : 1;
}
