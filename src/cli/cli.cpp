#include "cli/cli.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/completion.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"
#include "policy/scalars.hpp"
#include "policy/wording.hpp"

namespace heald {

namespace {

/// The parser and what it fills in. Every verb leaves what it wants done in `chosen_`.
class CommandLine {
 public:
  CommandLine(const Verbs& verbs, Console& console) : verbs_(&verbs), console_(&console) {
    app_.get_formatter()->label("SUBCOMMAND", "VERB");
    app_.get_formatter()->label("SUBCOMMANDS", "VERB");
    app_.require_subcommand(0, 1);
    app_.set_help_all_flag("--help-all", "Show the options of every verb");
    app_.set_version_flag("--version", std::string{"heald "} + HEALD_VERSION);
    add_run();
    add_check();
    add_verb("schema", "Print the JSON Schema of rule files")->callback([this] {
      chosen_ = [this] { return status_of(show_schema(*console_)); };
    });
    add_simulate();
    add_status();
    add_explain();
    add_incidents();
    add_events();
    add_logs();
    add_probe();
    for (const auto* verb : {"start", "stop", "restart"}) add_operation(verb);
    add_reload();
    add_plan();
    for (const auto* verb : {"pause", "resume", "freeze", "thaw"}) add_halt(verb);
    add_confirm();
    add_replay();
    add_backtest();
    add_completion();
    auto* version = add_verb("version", "Say which heald this is");
    add_format(*version);
    version->callback([this] { chosen_ = [this] { return say_version(); }; });
  }

  int run(int argc, const char* const* argv) {
    const std::string_view first = argc > 1 ? argv[1] : "";
    const auto known = std::count(verb_names_.begin(), verb_names_.end(), first) != 0;
    if (!first.empty() && first.front() != '-' && !known) {
      return no_verb("there is no verb " + quoted(first) + suggestion(first, verb_names_));
    }
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      const int code = app_.exit(error, console_->out, console_->err);
      return code == 0 ? 0 : static_cast<int>(ExitCode::usage);
    }
    if (!chosen_) return no_verb("what to do is missing: " + listed(verb_names_));
    return chosen_();
  }

 private:
  using Chosen = std::function<int()>;

  static int status_of(ExitCode code) { return static_cast<int>(code); }

  int no_verb(const std::string& problem) {
    console_->err << "heald: " << problem << "\n`heald --help` tells what each verb does.\n";
    return status_of(ExitCode::usage);
  }

  CLI::App* add_verb(const char* name, const char* text) {
    verb_names_.emplace_back(name);
    return app_.add_subcommand(name, text)->group("Verbs");
  }

  void add_format(CLI::App& verb) {
    verb.add_option("-o,--output", format_, "table or json")
        ->type_name("FORMAT")->check(one_of({"table", "json"}));
  }
  [[nodiscard]] OutputFormat format() const {
    return format_ == "json" ? OutputFormat::json : OutputFormat::table;
  }

  /// A verb that asks the daemon.
  CLI::App* add_asking(const char* name, const char* text) {
    auto* verb = add_verb(name, text);
    add_format(*verb);
    verb->add_option("--socket", flags_.socket, "The daemon's socket")->type_name("PATH");
    return verb;
  }

  void choose(CLI::App* verb, std::function<ExitCode(Dialogue&)> ask) {
    verb->callback([this, ask = std::move(ask)] {
      chosen_ = [this, ask] {
        auto socket = locate(flags_, {}, Surroundings::of_this_process()).socket;
        Dialogue dialogue{*console_, format(), std::move(socket)};
        return status_of(ask(dialogue));
      };
    });
  }

  void add_rules(CLI::App& verb) {
    auto* file = verb.add_option("file", flags_.config,
                                 "The rule file; else HEALD_CONFIG, else /etc/heald/heald.yaml")
                     ->type_name("FILE");
    verb.add_option("--config", flags_.config, "The same")->type_name("FILE")->excludes(file);
  }

  void add_run() {
    auto* verb = add_verb("run", "Run the daemon");
    add_rules(*verb);
    verb->add_flag("--observe", run_.observe, "Look and tell, but take no action");
    verb->add_option("--state-dir", flags_.state_dir, "Where the journal and logs are; or none")
        ->type_name("FOLDER");
    verb->add_option("--socket", flags_.socket, "Where to answer the other verbs")
        ->type_name("PATH");
    verb->add_option("--telemetry", flags_.telemetry, "Where /metrics is; or off")
        ->type_name("ADDRESS:PORT");
    verb->add_option("--log-level", log_level_, "debug, info, warning, error or off")
        ->type_name("LEVEL")
        ->check(one_of({"debug", "info", "warning", "error", "off"}));
    verb->callback([this] {
      chosen_ = [this] {
        run_.locations = flags_;
        run_.log_level = heald::log_level(log_level_).value_or(LogLevel::info);
        return verbs_->run(run_);
      };
    });
  }

  void add_check() {
    auto* verb = add_verb("check", "Read a rule file and tell what is wrong with it");
    add_rules(*verb);
    add_format(*verb);
    verb->callback([this] {
      chosen_ = [this] {
        const auto file = config_file(flags_, Surroundings::of_this_process());
        return status_of(check_rules(*console_, format(), file, verbs_->oom_problem()));
      };
    });
  }

  void add_simulate() {
    auto* verb = add_verb("simulate", "Rehearse faults under the rules, and tell all");
    add_rules(*verb);
    add_format(*verb);
    verb->add_option("--faults", simulate_.faults, "What goes wrong; left out: some of everything")
        ->type_name("SCRIPT");
    verb->add_option("--seed", simulate_.seed, "Equal seeds play alike");
    verb->add_option("--for", length_, "How long, of virtual time: 90s, 2h, 30d")
        ->type_name("DURATION")
        ->check(wrong_duration);
    verb->callback([this] {
      chosen_ = [this] {
        simulate_.rules = config_file(flags_, Surroundings::of_this_process());
        if (!length_.empty()) simulate_.length = *parse_duration(length_);
        return status_of(simulate(*console_, format(), simulate_));
      };
    });
  }

  void add_status() {
    auto* verb = add_asking("status", "Show the services, or one");
    verb->add_option("service", shown_.service, "One service only")->type_name("SERVICE");
    verb->add_option("--state", shown_.state, "Those of this health only")
        ->type_name("HEALTH")->check(one_of({"unknown", "starting", "healthy", "unhealthy"}))
        ->excludes("service");
    verb->add_flag("-w,--watch", watch_, "Show it anew whenever it changes, until interrupted")
        ->excludes("service")
        ->excludes("--state");
    choose(verb, [this](Dialogue& dialogue) {
      return watch_ ? watch_status(dialogue) : show_status(dialogue, shown_);
    });
  }

  void add_explain() {
    auto* verb = add_asking("explain", "Tell why a service is as it is, or what an incident was");
    verb->add_option("service", service_, "The service, or the number of an incident")
        ->required()
        ->type_name("SERVICE");
    verb->add_option("--journal", journal_, "For an incident: a journal, or a state folder")
        ->type_name("PATH");
    verb->add_option("--state-dir", flags_.state_dir, "For an incident: the daemon's state folder")
        ->type_name("PATH")
        ->excludes("--journal");
    verb->add_flag("--why", why_, "Say of each line what it is known from");
    verb->callback([this] { chosen_ = [this] { return explain(); }; });
  }

  int explain() {
    if (const auto incident = incident_number(service_)) {
      if (journal_.empty()) {
        journal_ = locate(flags_, {}, Surroundings::of_this_process()).state_dir;
      }
      if (journal_.empty()) {
        console_->err << "heald: there is no journal, since the state folder is none\n";
        return status_of(ExitCode::usage);
      }
      return status_of(show_story(*console_, format(), journal_, *incident, sources()));
    }
    auto socket = locate(flags_, {}, Surroundings::of_this_process()).socket;
    Dialogue dialogue{*console_, format(), std::move(socket)};
    return status_of(show_explanation(dialogue, service_, sources()));
  }
  [[nodiscard]] Sources sources() const { return why_ ? Sources::shown : Sources::hidden; }

  /// Empty: it is the name of a service.
  static std::optional<std::uint64_t> incident_number(const std::string& text) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end || number == 0) return std::nullopt;
    return number;
  }

  void add_replay() {
    auto* verb = add_verb("replay", "Decide a journal's events again and compare");
    add_format(*verb);
    verb->add_option("journal", journal_, "A journal, or a state folder")
        ->required()
        ->type_name("JOURNAL");
    verb->callback([this] {
      chosen_ = [this] { return status_of(show_replay(*console_, format(), journal_)); };
    });
  }

  void add_backtest() {
    auto* verb = add_verb("backtest", "Try other rules on what was recorded");
    add_format(*verb);
    verb->add_option("--rules", backtest_.rules, "The rule file to try")
        ->required()
        ->type_name("FILE");
    verb->add_option("journal", backtest_.journal, "A journal, or a state folder")
        ->required()
        ->type_name("JOURNAL");
    verb->callback([this] {
      chosen_ = [this] { return status_of(show_backtest(*console_, format(), backtest_)); };
    });
  }

  /// `--limit` takes 1 to 1000, and 50 where it is silent.
  void add_query(CLI::App& verb) {
    verb.add_option("--service", query_.service, "Of one service only")->type_name("SERVICE");
    verb.add_option("--limit", query_.limit, "At most so many, up to 1000; else 50")
        ->check(CLI::Range(1, 1000).description(""))
        ->type_name("N");
    verb.add_option("--since", length_, "Not older than this: 90s, 2h, 3d")
        ->type_name("DURATION")
        ->check(wrong_duration);
  }
  [[nodiscard]] HistoryQuery query() const {
    auto query = query_;
    if (!length_.empty()) query.since = *parse_duration(length_);
    return query;
  }

  void add_incidents() {
    auto* verb = add_asking("incidents", "List incidents, or show the timeline of one");
    verb->add_option("id", id_, "One incident")->type_name("ID");
    add_query(*verb);
    verb->add_flag("--open", query_.open_only, "Open ones only");
    choose(verb, [this](Dialogue& dialogue) {
      return id_.empty() ? show_incidents(dialogue, query()) : show_incident(dialogue, id_);
    });
  }

  void add_events() {
    auto* verb = add_asking("events", "Show what happened and what was decided");
    add_query(*verb);
    verb->add_flag("-f,--follow", query_.follow, "Go on with what happens next");
    verb->add_option("--incident", query_.incident, "Of one incident only")->type_name("ID");
    verb->add_option("--kind", query_.kinds, "Of these kinds only: verdict,latched")
        ->type_name("KINDS");
    choose(verb, [this](Dialogue& dialogue) { return show_events(dialogue, query()); });
  }

  void add_logs() {
    auto* verb = add_asking("logs", "Show what a service printed, and when");
    verb->add_option("service", logs_.service, "The service")->required()->type_name("SERVICE");
    verb->add_option("-n,--lines", logs_.lines, "The last N lines, up to 10000; else 100")
        ->check(CLI::Range(0, 10000).description(""))
        ->type_name("N");
    verb->add_flag("-f,--follow", logs_.follow, "Go on with what it prints next");
    choose(verb, [this](Dialogue& dialogue) { return show_logs(dialogue, logs_); });
  }

  void add_probe() {
    auto* verb = add_asking("probe", "Look at a service now, and tell it phase by phase");
    verb->add_option("target", probe_.service, "One probe of a service, or all of it")
        ->required()
        ->type_name("SERVICE[/PROBE]");
    verb->add_option("--config", probe_.config, "Look by this rule file, without a daemon")
        ->type_name("FILE")
        ->excludes("--socket");
    choose(verb, [this](Dialogue& dialogue) {
      const auto slash = probe_.service.find('/');
      if (slash != std::string::npos) {
        probe_.probe = probe_.service.substr(slash + 1);
        probe_.service.resize(slash);
      }
      return probe_now(dialogue, probe_, *verbs_);
    });
  }

  void add_operation(const char* name) {
    auto* verb = add_asking(name, texts_.at(name));
    verb->add_option("service", operate_.service, "The service")
        ->required()
        ->type_name("SERVICE");
    verb->add_option("--reason", operate_.reason, "Why, for the journal")->type_name("TEXT");
    verb->add_flag("--with-dependents", operate_.dependents, "The services that depend on it too");
    verb->add_flag("--wait", operate_.wait, "Come back when it is done; the exit status tells");
    choose(verb, [this, name](Dialogue& dialogue) {
      operate_.verb = name;
      return operate(dialogue, operate_);
    });
  }

  static std::string wrong_duration(const std::string& text) {
    const auto length = parse_duration(text);
    return length ? std::string{} : length.error().message;
  }

  void add_halt(const char* name) {
    auto* verb = add_asking(name, texts_.at(name));
    const std::string_view word = name;
    if (word == "pause" || word == "resume") {
      verb->add_option("service", halt_.service, "The service")->required()->type_name("SERVICE");
    }
    if (word == "pause" || word == "freeze") {
      verb->add_option("--for", length_, "How long: 90s, 2h, 3d; else 1h")
          ->type_name("DURATION")
          ->check(wrong_duration);
    }
    verb->add_option("--reason", halt_.reason, "Why, for the journal")->type_name("TEXT");
    choose(verb, [this, name](Dialogue& dialogue) {
      halt_.verb = name;
      if (!length_.empty()) halt_.lasting = *parse_duration(length_);
      return halt(dialogue, halt_);
    });
  }

  void add_reload() {
    auto* verb = add_asking("reload", "Have the daemon read its rule file again");
    choose(verb, [](Dialogue& dialogue) { return reload(dialogue); });
  }

  void add_plan() {
    auto* verb = add_asking("plan", "Tell what a reload would do");
    verb->add_option("file", flags_.config, "A rule file; else the one that the daemon has")
        ->type_name("FILE");
    verb->add_option("--against", against_,
                     "Compare with this rule file, everything well under it, instead of the daemon")
        ->type_name("FILE");
    verb->callback([this] {
      chosen_ = [this] {
        if (!against_.empty()) {
          const auto file = config_file(flags_, Surroundings::of_this_process());
          return status_of(plan_between(*console_, format(), against_, file));
        }
        auto socket = locate(flags_, {}, Surroundings::of_this_process()).socket;
        Dialogue dialogue{*console_, format(), std::move(socket)};
        return status_of(plan(dialogue, flags_.config));
      };
    });
  }

  void add_confirm() {
    auto* verb = add_asking("confirm", "Let services start although the journal was lost");
    verb->add_option("--reason", operate_.reason, "Why, for the journal");
    choose(verb, [this](Dialogue& dialogue) { return confirm(dialogue, operate_.reason); });
  }

  void add_completion() {
    auto* verb = add_verb("completion", "Print a script that completes command lines");
    verb->add_option("shell", shell_, "bash, zsh or fish")->required()->type_name("SHELL");
    verb->add_option("words", words_)->group("");  // what the scripts ask with
    verb->callback([this] { chosen_ = [this] { return complete_words(); }; });
  }

  int complete_words() {
    if (shell_ != "candidates") {
      const auto script = completion_script(shell_);
      if (script.empty()) return no_verb("there is no completion for '" + shell_ + "'");
      console_->out << script;
      return 0;
    }
    const auto found = complete(shapes(), words_, [this](const std::string& socket) {
      if (!socket.empty()) flags_.socket = socket;
      return services_of(locate(flags_, {}, Surroundings::of_this_process()).socket);
    });
    if (found.files) console_->out << ":files\n";
    for (const auto& [word, text] : found.candidates) {
      console_->out << word << (text.empty() ? "" : "\t") << text << '\n';
    }
    return 0;
  }

  /// The verbs with their options, as the parser has them.
  [[nodiscard]] std::vector<VerbShape> shapes() const {
    std::vector<VerbShape> shapes;
    for (const auto* verb : app_.get_subcommands({})) {
      VerbShape shape{verb->get_name(), verb->get_description(), {}, {}};
      for (const auto* option : verb->get_options()) {
        if (option->get_group().empty()) continue;
        if (option->get_positional()) {
          shape.positionals.push_back(option->get_type_name());
          continue;
        }
        VerbShape::Option known;
        for (const auto& name : option->get_lnames()) known.names.push_back("--" + name);
        for (const auto& name : option->get_snames()) known.names.push_back("-" + name);
        if (option->get_items_expected_max() > 0) known.value = option->get_type_name();
        known.text = option->get_description();
        shape.options.push_back(std::move(known));
      }
      shapes.push_back(std::move(shape));
    }
    return shapes;
  }

  int say_version() {
    if (format() == OutputFormat::json) {
      console_->out << R"({"version":")" << HEALD_VERSION << "\"}\n";
    } else {
      console_->out << "heald " << HEALD_VERSION << '\n';
    }
    return 0;
  }

  const std::map<std::string, const char*> texts_{
      {"start", "Start a service and keep it running"},
      {"stop", "Stop a service until it is started again"},
      {"restart", "Restart a service"},
      {"pause", "Take no action on a service for a while"},
      {"resume", "End a pause"},
      {"freeze", "Take no action on any service for a while"},
      {"thaw", "End a freeze"}};

  const Verbs* verbs_;
  Console* console_;
  CLI::App app_{"heald keeps declared services healthy, and proves it.", "heald"};
  std::vector<std::string_view> verb_names_;
  std::string format_ = "table";
  LocationFlags flags_;
  RunOptions run_;
  std::string log_level_ = "info";
  StatusFilter shown_;
  std::string service_, id_, journal_, against_;
  HistoryQuery query_;
  OperateOptions operate_;
  HaltOptions halt_;
  ProbeOptions probe_;
  LogsQuery logs_;
  SimulateOptions simulate_;
  BacktestOptions backtest_;
  std::string length_, shell_;
  bool watch_ = false, why_ = false;
  std::vector<std::string> words_;
  Chosen chosen_;
};

}  // namespace

int run_cli(int argc, const char* const* argv, const Verbs& verbs, Console& console) {
  try {
    return CommandLine{verbs, console}.run(argc, argv);
  } catch (const std::exception& error) {
    console.err << "heald: " << error.what() << '\n';
    return static_cast<int>(ExitCode::failed);
  }
}

int run_cli(int argc, const char* const* argv, const Verbs& verbs) {
  const char* no_color = std::getenv("NO_COLOR");
  const bool plain = (no_color != nullptr && *no_color != '\0') || ::isatty(STDOUT_FILENO) == 0;
  Console console{std::cout, std::cerr, plain ? Console::Paint::plain : Console::Paint::coloured};
  const int code = run_cli(argc, argv, verbs, console);
  std::cout.flush();
  return code;
}

}  // namespace heald
