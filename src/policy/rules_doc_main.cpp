// heald_rules_doc FILE: writes the reference of rule files anew, behind its marker in the file.

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "policy/rules_reference.hpp"

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: heald_rules_doc docs/rules.md\n";
    return 2;
  }
  std::ostringstream old;
  old << std::ifstream{arguments[1]}.rdbuf();
  const std::string text = old.str();
  const std::size_t marker = text.find(heald::reference_marker);
  if (marker == std::string::npos) {
    std::cerr << "cannot find the reference in " << arguments[1] << ": it has no marker line\n";
    return 1;
  }
  std::ofstream out{arguments[1], std::ios::trunc};
  out << text.substr(0, marker) << heald::reference_marker << heald::rules_reference();
  return out.flush() ? 0 : 1;
}
