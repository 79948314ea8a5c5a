#pragma once
// Regular expressions (ECMA 262) for the texts that scalars.hpp and address.hpp parse: what the
// schema tells whoever checks a rule file without heald. Only the parsers decide; a test holds the
// two together. A pattern refuses nothing that its parser takes.

#include <string_view>

namespace heald {

inline constexpr std::string_view not_empty_pattern = R"([\s\S])";
/// Of a program or a line for the shell: something, and no NUL.
inline constexpr std::string_view program_pattern = R"(^[^\u0000]+$)";

inline constexpr std::string_view duration_pattern =
    "^(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";
inline constexpr std::string_view positive_duration_pattern =
    "^(?=[0-9])(?=.*[1-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";
inline constexpr std::string_view slow_retry_pattern =
    "^never$|^(?=[0-9])(?=.*[1-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";
inline constexpr std::string_view bytes_pattern = "^[0-9]+([KMGT]i|[kMGT])?B$";
inline constexpr std::string_view share_pattern =
    R"(^0*(100(\.0*)?|[0-9]{1,2}(\.[0-9]*)?|\.[0-9]+)%$)";
inline constexpr std::string_view signal_pattern =
    "^(SIG)?(HUP|INT|QUIT|ILL|TRAP|ABRT|IOT|BUS|FPE|KILL|USR1|SEGV|USR2|PIPE|ALRM|TERM|STKFLT|"
    "CHLD|CONT|STOP|TSTP|TTIN|TTOU|URG|XCPU|XFSZ|VTALRM|PROF|WINCH|IO|POLL|PWR|SYS|"
    R"(RTMIN(\+[0-9]+)?)$)";
inline constexpr std::string_view umask_pattern = "^0?[0-7]{3}$";
inline constexpr std::string_view status_pattern = "^0*[1-5][0-9]{2}(-0*[1-5][0-9]{2})?$";
/// A count, a size, a time or no limit: by its text alone it does not show which is wanted.
inline constexpr std::string_view limit_pattern =
    "^(unlimited|[0-9]+|[0-9]+([KMGT]i|[kMGT])?B|"
    "(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$";

inline constexpr std::string_view name_pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$";
/// A name that rungs do not use for something else.
inline constexpr std::string_view probe_name_pattern =
    "^(?!(process|exited|oom|crash_loop)$)[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$";
inline constexpr std::string_view variable_pattern = "^[A-Za-z_][A-Za-z0-9_]*$";
inline constexpr std::string_view account_pattern =
    "^(?![0-9]+$)[A-Za-z0-9_.@$][A-Za-z0-9_.@$-]{0,255}$";
inline constexpr std::string_view pointer_pattern = "^(/([^~/]|~[01])*)*$";
inline constexpr std::string_view header_name_pattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
inline constexpr std::string_view header_value_pattern =
    R"(^[^\u0000-\u0008\u000a-\u001f\u007f]*$)";
inline constexpr std::string_view method_pattern = "^[!#$%&'*+.^_`|~0-9A-Z-]+$";

inline constexpr std::string_view url_pattern =
    R"(^[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#@:]([^\s/?#@]*)([/?][^\s#]*)?$)";
inline constexpr std::string_view dns_name_pattern =
    R"(^\.$|^(?=.{1,253}\.?$)[^\s/.]{1,63}(\.[^\s/.]{1,63})*\.?$)";
inline constexpr std::string_view host_pattern = R"(^[^ \t\r\n/\[\]]+$)";
inline constexpr std::string_view hex_pattern = "^ *([0-9a-fA-F]{2} *)+$";
inline constexpr std::string_view socket_path_pattern = R"(^[/@][^\u0000]{1,106}$)";
inline constexpr std::string_view endpoint_pattern =
    R"(^[^\s/?#@:]([^\s/?#@]*):0*[1-9][0-9]{0,4}$)";
inline constexpr std::string_view telemetry_pattern =
    R"(^off$|^[^\s/?#@:]([^\s/?#@]*):0*[0-9]{1,5}$)";

}  // namespace heald
