// The main program; the functions come from the generated tables (see program.py).
#include "driver.hpp"

#include <unordered_map>

#include <ts2cpp/random.hpp>

namespace operator_test {

std::vector<std::vector<Function>> tables();

namespace {

/// Each case is its length, the name of a function and its arguments; the answer is its length, a status ('o' for done,
/// 'e' for an error with kind and message) and values. Written case by case: after a crash the file says how far it
/// came.
int run(const char* input, const char* output, std::int64_t first) {
  std::string data;
  std::FILE* const file = std::fopen(input, "rb");
  if (file == nullptr) {
    return 2;
  }
  char buffer[65536];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, file)) > 0;) {
    data.append(buffer, got);
  }
  std::fclose(file);
  std::FILE* const answers = std::fopen(output, "ab");
  if (answers == nullptr) {
    return 2;
  }
  std::unordered_map<std::string_view, Function> known;
  for (const std::vector<Function>& table : tables()) {
    for (const Function& function : table) {
      known.emplace(function.name, function);
    }
  }
  Reader cases(data);
  for (std::int64_t i = 0; !cases.done(); ++i) {
    Reader reader(cases.take(cases.integer()));
    if (i < first) {
      continue;
    }
    Writer writer;
    ts2cpp::manual_seed(7);
    try {
      const Function& function = known.at(reader.take(reader.integer()));
      function.invoke(reader, writer, function.function);
      writer.text.insert(0, 1, 'o');
    } catch (const ts2cpp::Error& error) {
      writer.text = 'e';
      writer.write(error.kind());
      writer.write(error.message());
    } catch (const std::exception& error) {
      writer.text = 'e';
      writer.write(std::string("a C++ exception"));
      writer.write(std::string(error.what()));
    }
    const auto size = static_cast<std::int64_t>(writer.text.size());
    std::fwrite(&size, sizeof size, 1, answers);
    std::fwrite(writer.text.data(), 1, writer.text.size(), answers);
    std::fflush(answers);
  }
  return std::fclose(answers);
}

}  // namespace
}  // namespace operator_test

int main(int argc, char** argv) { return argc == 4 ? operator_test::run(argv[1], argv[2], std::atoll(argv[3])) : 2; }
