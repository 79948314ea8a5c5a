// The scripts only ask `heald completion candidates`, so that what can be completed is known in
// one place, and a new verb needs no new script.

#include "cli/completion.hpp"

namespace heald {

namespace {

constexpr std::string_view for_bash =
    R"sh(# heald completion for bash:  source <(heald completion bash)
_heald() {
  local line
  local -a found
  mapfile -t found < <("${COMP_WORDS[0]}" completion candidates -- \
    "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=()
  if [[ ${found[0]-} == ":files" ]]; then
    compopt -o default
    return
  fi
  for line in "${found[@]}"; do
    COMPREPLY+=("$(printf '%q' "${line%%$'\t'*}")")
  done
}
complete -F _heald heald
)sh";

constexpr std::string_view for_zsh =
    R"sh(#compdef heald
# heald completion for zsh:  source <(heald completion zsh), or a file _heald in $fpath
_heald() {
  local line
  local -a found names texts
  found=("${(@f)$("${words[1]}" completion candidates -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ ${found[1]} == ":files" ]]; then
    _files
    return
  fi
  for line in "${found[@]}"; do
    [[ -n $line ]] || continue
    names+=("${line%%$'\t'*}")
    if [[ $line == *$'\t'* ]]; then
      texts+=("${line%%$'\t'*}  -- ${line#*$'\t'}")
    else
      texts+=("$line")
    fi
  done
  (( ${#names} )) && compadd -l -d texts -a names
}
if [[ ${funcstack[1]} == _heald ]]; then
  _heald "$@"
else
  compdef _heald heald
fi
)sh";

constexpr std::string_view for_fish =
    R"sh(# heald completion for fish:  heald completion fish | source
function __heald_candidates
  set -l words (commandline -opc)
  set -l now (commandline -ct)
  set -l found (command $words[1] completion candidates -- $words[2..-1] "$now" 2>/dev/null)
  if test "$found[1]" = ":files"
    __fish_complete_path "$now"
  else
    printf '%s\n' $found
  end
end
complete -c heald -f -a '(__heald_candidates)'
)sh";

}  // namespace

std::string_view completion_script(std::string_view shell) {
  if (shell == "bash") return for_bash;
  if (shell == "zsh") return for_zsh;
  if (shell == "fish") return for_fish;
  return {};
}

}  // namespace heald
