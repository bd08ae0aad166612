#include "tests/bench/postgres.h"

#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>

#include "tests/bench/load.h"

namespace klantbeeld::bench {
namespace {

constexpr char kPrograms[] = "/usr/lib/postgresql/15/bin";
constexpr char kUser[] = "postgres";
constexpr size_t kRowsPerStatement = 500;
constexpr int kSingleConnections = 32;
constexpr int kSingleThreads = 2;
constexpr int kBatchConnections = 4;
constexpr int64_t kEpochMicros = 946'684'800'000'000;  // PostgreSQL counts from 2000.
constexpr int kTextType = 25, kByteaType = 17, kTimestamptzType = 1184;

constexpr char kColumns[] = "source, event_id, citizen, occurred, payload";
constexpr char kTables[] = R"(
  create table event (source text not null, event_id text not null, citizen text not null,
                      occurred timestamptz not null, payload bytea not null,
                      primary key (source, event_id));
  create index event_citizen on event (citizen, occurred desc);
  create table feed (id bigint primary key, source text not null, event_id text not null,
                     citizen text not null, occurred timestamptz not null, payload bytea not null))";
constexpr char kInsert[] = "insert into event (source, event_id, citizen, occurred, payload) ";

std::string BigEndian(uint64_t value, int bytes) {
  std::string result;
  for (int i = bytes - 1; i >= 0; --i) result.push_back(static_cast<char>(value >> (8 * i)));
  return result;
}

using Params = std::vector<std::string>;

// One connection; Die on any error.
class Connection {
 public:
  explicit Connection(const std::string& dir)
      : pg_(PQconnectdb(("host=" + dir + " user=postgres dbname=postgres").c_str())) {
    if (PQstatus(pg_) != CONNECTION_OK) Fail();
  }
  ~Connection() { PQfinish(pg_); }
  Connection(const Connection&) = delete;

  void Run(const std::string& sql) { Expect(PQexec(pg_, sql.c_str())); }
  void Prepare(const std::string& sql) { Expect(PQprepare(pg_, "s", sql.c_str(), 0, nullptr)); }

  void Send(const Params& params) {
    std::vector<const char*> values;
    std::vector<int> lengths, binary(params.size(), 1);
    for (const std::string& param : params) {
      values.push_back(param.data());
      lengths.push_back(static_cast<int>(param.size()));
    }
    if (PQsendQueryPrepared(pg_, "s", static_cast<int>(params.size()), values.data(),
                            lengths.data(), binary.data(), 1) != 1) {
      Fail();
    }
  }

  // One result that is no error; `rows`, where given: that many were written.
  void Expect(PGresult* result, const std::string& rows = "") {
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_SYNC &&
        status != PGRES_COPY_IN && status != PGRES_COPY_OUT) {
      Fail();
    }
    if (!rows.empty() && rows != PQcmdTuples(result)) Die("PostgreSQL wrote fewer rows");
    PQclear(result);
  }

  [[noreturn]] void Fail() { Die(std::string("PostgreSQL: ") + PQerrorMessage(pg_)); }
  PGconn* get() { return pg_; }

 private:
  PGconn* const pg_;
};

// Statements over some connections from one thread, one on its way on each,
// until `next` has none left.
void Drive(const std::string& dir, const std::string& sql, int connections,
           std::atomic<size_t>& next, size_t count, const std::string& rows,
           const std::function<Params(size_t)>& params) {
  std::vector<std::unique_ptr<Connection>> all;
  std::vector<pollfd> waits;
  const auto send = [&](size_t i) {
    const size_t number = next.fetch_add(1);
    if (number < count) return all[i]->Send(params(number));
    waits[i].fd = -1;  // poll() passes over it.
  };
  for (int i = 0; i < connections; ++i) {
    all.push_back(std::make_unique<Connection>(dir));
    all.back()->Prepare(sql);
    waits.push_back({PQsocket(all.back()->get()), POLLIN, 0});
    send(all.size() - 1);
  }
  while (std::any_of(waits.begin(), waits.end(), [](const pollfd& w) { return w.fd >= 0; })) {
    if (poll(waits.data(), waits.size(), -1) < 0) Die("poll failed");
    for (size_t i = 0; i < waits.size(); ++i) {
      if (waits[i].fd < 0 || waits[i].revents == 0) continue;
      Connection& connection = *all[i];
      if (PQconsumeInput(connection.get()) != 1) connection.Fail();
      bool finished = false;
      while (!finished && PQisBusy(connection.get()) == 0) {
        PGresult* result = PQgetResult(connection.get());
        finished = result == nullptr;
        if (!finished) connection.Expect(result, rows);
      }
      if (finished) send(i);
    }
  }
}

// `rows`: what each statement gives or writes.
double DriveAll(const std::string& dir, const std::string& sql, size_t count,
                const std::string& rows, const std::function<Params(size_t)>& params) {
  std::atomic<size_t> next{0};
  const double began = Seconds();
  std::vector<std::thread> threads;
  for (int i = 0; i < kSingleThreads; ++i) {
    threads.emplace_back(
        [&] { Drive(dir, sql, kSingleConnections / kSingleThreads, next, count, rows, params); });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(count) / (Seconds() - began);
}

// A one-dimensional array as PostgreSQL's binary form has it.
std::string ArrayOf(const std::vector<PgRow>& rows, int type, std::string PgRow::*column) {
  std::string array = BigEndian(1, 4) + BigEndian(0, 4) +
                      BigEndian(static_cast<uint64_t>(type), 4) + BigEndian(rows.size(), 4) +
                      BigEndian(1, 4);
  for (const PgRow& row : rows) array += BigEndian((row.*column).size(), 4) + row.*column;
  return array;
}

// The rows of some statements, one after the other, each its own commit, with
// four on their way as our client has them.
void Pipeline(const std::string& dir, const std::vector<Params>& statements, size_t rows,
              size_t first) {
  constexpr size_t kOnTheirWay = 4;
  Connection connection(dir);
  connection.Prepare(std::string(kInsert) +
                     "select * from unnest($1::text[], $2::text[], $3::text[], "
                     "$4::timestamptz[], $5::bytea[]) on conflict do nothing");
  PGconn* pg = connection.get();
  if (PQenterPipelineMode(pg) != 1) connection.Fail();
  size_t open = 0, taken = first;
  const auto rows_of = [&](size_t i) {
    return std::min(kRowsPerStatement, rows - i * kRowsPerStatement);
  };
  const auto take = [&] {  // The statement's result, its end, and the sync's.
    connection.Expect(PQgetResult(pg), std::to_string(rows_of(taken)));
    taken += kBatchConnections;
    if (PGresult* end = PQgetResult(pg); end != nullptr) connection.Fail();
    connection.Expect(PQgetResult(pg));
    --open;
  };
  for (size_t i = first; i < statements.size(); i += kBatchConnections) {
    if (open == kOnTheirWay) take();
    connection.Send(statements[i]);
    if (PQpipelineSync(pg) != 1) connection.Fail();
    ++open;
  }
  while (open > 0) take();
}

std::string Field(const std::string& bytes) { return BigEndian(bytes.size(), 4) + bytes; }

void CopyIn(Connection& connection, const std::string& table, bool number,
            const std::vector<v1::ContactEvent>& events) {
  connection.Run("copy " + table + " (" + (number ? "id, " : "") + kColumns +
                 ") from stdin (format binary)");
  std::string data("PGCOPY\n\377\r\n\0", 11);
  data += BigEndian(0, 8);
  uint64_t id = 0;
  for (const v1::ContactEvent& event : events) {
    const PgRow row = ToPgRow(event);
    data += BigEndian(number ? 6 : 5, 2);
    if (number) data += Field(BigEndian(++id, 8));
    data += Field(row.source) + Field(row.event_id) + Field(row.citizen) + Field(row.occurred) +
            Field(row.payload);
    if (PQputCopyData(connection.get(), data.data(), static_cast<int>(data.size())) != 1) {
      connection.Fail();
    }
    data.clear();
  }
  data = BigEndian(0xFFFF, 2);
  if (PQputCopyData(connection.get(), data.data(), 2) != 1 ||
      PQputCopyEnd(connection.get(), nullptr) != 1) {
    connection.Fail();
  }
  while (PGresult* result = PQgetResult(connection.get())) connection.Expect(result);
}

}  // namespace

PgRow ToPgRow(const v1::ContactEvent& event) {
  const v1::ContactData& data = event.data();
  PgRow row{event.source(), event.event_id(), data.parties(0).identifiers(0).value(), "",
            event.SerializeAsString()};
  row.occurred =
      BigEndian(static_cast<uint64_t>(data.occurred_at().seconds() * 1'000'000 - kEpochMicros), 8);
  return row;
}

bool Postgres::Present() { return std::filesystem::exists(std::string(kPrograms) + "/initdb"); }

Postgres::Postgres(const std::string& dir) : dir_(dir) {
  std::filesystem::create_directory(dir);
  if (geteuid() == 0) {
    const passwd* user = getpwnam(kUser);
    if (user == nullptr || chown(dir.c_str(), user->pw_uid, user->pw_gid) != 0) {
      Die("no user postgres to run PostgreSQL as");
    }
  }
  const std::string cluster = dir + "/cluster", programs = kPrograms;
  RunToEnd({programs + "/initdb", "-D", cluster, "-U", kUser, "-E", "UTF8", "--locale=C",
            "--auth=trust", "--no-sync"},
           dir + ".init.log", kUser);
  process_ = std::make_unique<Process>(
      std::vector<std::string>{programs + "/postgres", "-D", cluster, "-k", dir, "-c",
                               "listen_addresses=", "-c", "shared_buffers=1GB", "-c",
                               "max_wal_size=8GB", "-c", "synchronous_commit=on", "-c", "fsync=on"},
      dir, kUser);
  Connection(dir_).Run(kTables);
}

void Postgres::FillForReading(const std::vector<v1::ContactEvent>& events) {
  Connection connection(dir_);
  CopyIn(connection, "event", false, events);
  CopyIn(connection, "feed", true, events);
  connection.Run("vacuum analyze event");
  connection.Run("vacuum analyze feed");
}

double Postgres::InsertBatches(const std::vector<v1::ContactEvent>& events) {
  std::vector<Params> statements;
  for (size_t i = 0; i < events.size(); i += kRowsPerStatement) {
    std::vector<PgRow> rows;
    for (size_t k = i; k < std::min(events.size(), i + kRowsPerStatement); ++k) {
      rows.push_back(ToPgRow(events[k]));
    }
    statements.push_back({ArrayOf(rows, kTextType, &PgRow::source),
                          ArrayOf(rows, kTextType, &PgRow::event_id),
                          ArrayOf(rows, kTextType, &PgRow::citizen),
                          ArrayOf(rows, kTimestamptzType, &PgRow::occurred),
                          ArrayOf(rows, kByteaType, &PgRow::payload)});
  }
  const double began = Seconds();
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kBatchConnections; ++i) {
    threads.emplace_back([&, i] { Pipeline(dir_, statements, events.size(), i); });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(events.size()) / (Seconds() - began);
}

double Postgres::InsertSingly(const std::vector<v1::ContactEvent>& events) {
  return DriveAll(dir_, std::string(kInsert) + "values ($1, $2, $3, $4, $5) on conflict do nothing",
                  events.size(), "1", [&](size_t i) {
                    PgRow row = ToPgRow(events[i]);
                    return Params{row.source, row.event_id, row.citizen, row.occurred, row.payload};
                  });
}

double Postgres::Pages(const std::vector<std::string>& citizens) {
  return DriveAll(dir_,
                  std::string("select ") + kColumns +
                      " from event where citizen = $1 order by occurred desc limit 20",
                  citizens.size(), "20", [&](size_t i) { return Params{citizens[i]}; });
}

double Postgres::ReadInOrder(int64_t rows) {
  Connection connection(dir_);
  const double began = Seconds();
  connection.Run("copy (select * from feed order by id) to stdout (format binary)");
  int64_t seen = -1;  // The end has a row of its own.
  char* row = nullptr;
  while (PQgetCopyData(connection.get(), &row, 0) > 0) {
    PQfreemem(row);
    ++seen;
  }
  if (seen != rows) Die("PostgreSQL's feed has " + std::to_string(seen) + " rows");
  return static_cast<double>(rows) / (Seconds() - began);
}

}  // namespace klantbeeld::bench
