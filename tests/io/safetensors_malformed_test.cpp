// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cstdint>
#include <cstring>

#include <io/files.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/io/safetensors.hpp>

namespace hyspn::testing {
namespace {

/// What reading a file of these bytes says, with the path written as FILE; "" when it is read.
std::string complaint(std::string const& bytes)
{
    scratch_folder const folder;
    auto const path = folder / "a";
    write_bytes(path, bytes);
    auto message = thrown<io_error>([&] { (void)io::safetensors::read(path); });
    if (auto const at = message.find(path.string()); at != std::string::npos)
        message.replace(at, path.string().size(), "FILE");
    return message;
}

/// A file with this header, whatever it says, followed by `payload` bytes.
std::string with_header(std::string const& header, std::size_t payload)
{
    std::uint64_t const size = header.size();
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &size, 8);
    return bytes + header + std::string(payload, 'x');
}

/// A file of one array x with this entry and 8 bytes of payload.
std::string entry(std::string const& dtype, std::string const& shape, std::string const& offsets)
{
    return with_header(R"({"x":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}",
                       8);
}

}  // namespace

TEST_CASE("Every proper prefix of a file is refused")
{
    tensor<float, 2> t(3, 5);
    io::safetensors arrays;
    arrays.metadata()["k"] = "v";
    arrays.set("x", t);
    arrays.set("y", t);
    scratch_folder const folder;
    arrays.write(folder / "whole");
    auto const whole = read_bytes(folder / "whole");
    REQUIRE(complaint(whole).empty());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        INFO("first " << length << " of " << whole.size() << " bytes");
        CHECK_FALSE(complaint(whole.substr(0, length)).empty());
    }
}

TEST_CASE("Files that are no safetensors are refused")
{
    auto const truncated = "safetensors: FILE is truncated or not a safetensors file";
    CHECK(complaint("") == truncated);
    CHECK(complaint("abc") == truncated);
    CHECK(complaint(std::string(8, '\xff')) == truncated);
    CHECK(complaint("\x89PNG\r\n\x1a\n and so on") == truncated);
    CHECK(complaint(std::string("\x09\0\0\0\0\0\0\0{}", 10)) == truncated);  // header longer than the file by 7
    CHECK(complaint(std::string("\x02\0\0\0\0\0\0\0{}", 10)).empty());

    scratch_folder const folder;
    auto const missing = folder / "missing";
    CHECK(thrown<io_error>([&] { (void)io::safetensors::read(missing); }) ==
          "safetensors: cannot open " + missing.string());
    for (std::filesystem::path const& no_file : {folder.path(), {"/dev/zero"}})
        CHECK(thrown<io_error>([&] { (void)io::safetensors::read(no_file); }) ==
              "safetensors: " + no_file.string() + " is not a regular file");
}

TEST_CASE("Headers that are no JSON object are refused")
{
    auto const malformed = "safetensors: FILE has a malformed header";
    for (char const* header : {"", "{", "{}}", "nul", "\xff\xfe", "{\"x\":}"})
        CHECK(complaint(with_header(header, 8)).starts_with(malformed));
    for (char const* header : {"null", "[]", "5", "\"x\"", "true"})
        CHECK(complaint(with_header(header, 8)) == malformed);
    std::string const deep(200'000, '[');
    CHECK(complaint(with_header(deep, 0)).starts_with(malformed));
}

TEST_CASE("Entries with parts missing or of another type are refused")
{
    auto const malformed = "safetensors: FILE has a malformed header";
    CHECK(complaint(entry("\"F32\"", "[2]", "[0,8]")).empty());
    CHECK(complaint(entry("32", "[2]", "[0,8]")).starts_with(malformed));
    for (char const* header :
         {R"({"x":1})", R"({"x":{}})", R"({"x":{"dtype":"F32","shape":[2]}})",
          R"({"x":{"dtype":"F32","data_offsets":[0,8]}})", R"({"__metadata__":{"k":1}})", R"({"__metadata__":3})"})
        CHECK(complaint(with_header(header, 8)).starts_with(malformed));

    auto const no_size = [](std::string const& text) {
        return "safetensors: FILE is inconsistent: " + text + " is no size, in x";
    };
    for (std::string text : {"2.0", "-2", "true", "\"2\"", "null", "[2]", "9223372036854775808", "1e30"}) {
        INFO(text);
        auto const message = complaint(entry("\"F32\"", "[" + text + "]", "[0,8]"));
        CHECK((message == no_size(text) || (text == "1e30" && message == no_size("1e+30"))));
    }
    CHECK(complaint(entry("\"F32\"", "[2]", "[-8,0]")) == no_size("-8"));
    CHECK(complaint(entry("\"F32\"", "2", "[0,8]")) == "safetensors: FILE is inconsistent: 2 is no list, in x");
    CHECK(complaint(entry("\"F32\"", "[2]", "{}")) == "safetensors: FILE is inconsistent: {} is no list, in x");
    CHECK(complaint(entry("\"BF16\"", "[4]", "[0,8]")) ==
          "safetensors: FILE holds arrays of type BF16; supported are F64, F32, I64, I32, U8 and BOOL");
}

TEST_CASE("Offsets and shapes that do not fit the payload are refused")
{
    CHECK(complaint(entry("\"F32\"", "[3]", "[0,12]")) ==
          "safetensors: FILE is truncated: x ends past the end of the file");
    CHECK(complaint(entry("\"F32\"", "[2]", "[8,16]")) ==
          "safetensors: FILE is truncated: x ends past the end of the file");
    for (char const* offsets : {"[8,0]", "[0]", "[]", "[0,4,8]"})
        CHECK(complaint(entry("\"F32\"", "[2]", offsets)) == "safetensors: FILE is inconsistent: offsets of x");
    for (char const* shape : {"[1]", "[]", "[2,2]", "[0]", "[2,0]"})
        CHECK(complaint(entry("\"F32\"", shape, "[0,8]")) == "safetensors: FILE is inconsistent: size of x");
    CHECK(complaint(entry("\"F32\"", "[2]", "[0,4]")) == "safetensors: FILE is inconsistent: size of x");
}

TEST_CASE("Shapes whose product overflows are refused, with or without a zero among them")
{
    // 4 * 2^62 * 4 and 8 * 2^61 are 0 modulo 2^64: as if empty.
    CHECK(complaint(entry("\"F32\"", "[4611686018427387904,4]", "[0,0]")) ==
          "safetensors: FILE is inconsistent: shape of x");
    CHECK(complaint(entry("\"F64\"", "[2305843009213693952]", "[0,0]")) ==
          "safetensors: FILE is inconsistent: shape of x");
    CHECK(complaint(entry("\"U8\"", "[0,9223372036854775807,2]", "[0,0]")) ==
          "safetensors: FILE is inconsistent: shape of x");
    CHECK(complaint(entry("\"F64\"", "[1000,1000,0]", "[8,8]")).empty());
}

}  // namespace hyspn::testing
