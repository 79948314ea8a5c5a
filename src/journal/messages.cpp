#include "journal/messages.hpp"

#include "journal/row_columns.hpp"
#include "journal/words.hpp"

namespace heald {

namespace {

Message read_message(const Rows& rows) {
  Message message;
  message.id = rows.id<MessageId>(0);
  message.receiver = rows.text(1);
  message.service = rows.text(2);
  message.incident = rows.id<IncidentId>(3);
  const auto occasion = find_word<Occasion>(rows.text(4));
  if (!occasion) throw RowError{"a message has the unknown occasion '" + rows.text(4) + "'"};
  message.occasion = *occasion;
  message.reminder = rows.integer(5) != 0;
  message.told = rows.instant(6);
  message.body = rows.text(7);
  return message;
}

}  // namespace

MessageTable::MessageTable(Database& database)
    : insert_(database,
              "INSERT OR IGNORE INTO messages(id, receiver, service, incident, occasion, reminder, "
              "told_ms, told_ns, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      end_(database,
           "UPDATE messages SET outcome = ?, attempts = ?, problem = ?, ended_ms = ? "
           "WHERE id = ?") {}

void MessageTable::write(WallTime wall, const std::vector<Message>& messages,
                         const std::vector<MessageOutcome>& outcomes) {
  for (const Message& message : messages) {
    insert_.run(message.id, message.receiver, message.service, message.incident,
                word_of(message.occasion), int{message.reminder}, wall,
                message.told.time_since_epoch(), message.body);
  }
  for (const MessageOutcome& outcome : outcomes) {
    end_.run(word_of(outcome.end), outcome.attempts, outcome.problem, wall, outcome.id);
  }
}

std::vector<Message> waiting_messages(Database& database) {
  std::vector<Message> messages;
  Statement select{database,
                   "SELECT id, receiver, service, incident, occasion, reminder, told_ns, body "
                   "FROM messages WHERE outcome IS NULL ORDER BY id"};
  Rows rows = select.rows();
  while (rows.next()) messages.push_back(read_message(rows));
  return messages;
}

MessageId last_message(Database& database) {
  return MessageId{static_cast<std::uint64_t>(
      database.integer("SELECT coalesce(max(seq), 0) FROM sqlite_sequence "
                       "WHERE name = 'messages'"))};
}

}  // namespace heald
