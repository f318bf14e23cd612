// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <io/files.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hyspn/io/depth_png.hpp>
#include <hyspn/io/image.hpp>
#include <hyspn/io/safetensors.hpp>

namespace hyspn::testing {
namespace {

/// While it lives, this process cannot make a file longer than `bytes`: what a full disk does to a writer.
class file_size_limit {
public:
    explicit file_size_limit(rlim_t bytes)
    {
        getrlimit(RLIMIT_FSIZE, &before_);
        rlimit const limited{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limited);
    }
    file_size_limit(file_size_limit const&) = delete;
    file_size_limit& operator=(file_size_limit const&) = delete;
    ~file_size_limit()
    {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

}  // namespace

TEST_CASE("A file appears only with commit, and then whole")
{
    scratch_folder const folder;
    auto const path = folder / "a";
    {
        io::atomic_file file(path);
        file.write("abc", 3);
        CHECK_FALSE(std::filesystem::exists(path));
        file.append("de", 2);
        file.commit();
    }
    CHECK(read_bytes(path) == "abcde");
    CHECK(folder.entries() == 1);
}

TEST_CASE("Without commit the older file stays and nothing else does")
{
    scratch_folder const folder;
    auto const path = folder / "a";
    write_bytes(path, "old");
    {
        io::atomic_file file(path);
        file.write("new", 3);
    }
    CHECK(read_bytes(path) == "old");
    CHECK(folder.entries() == 1);
}

TEST_CASE("Two writers of one file do not mix: the last to commit wins")
{
    scratch_folder const folder;
    io::atomic_file first(folder / "a"), second(folder / "a");
    first.write("1", 1);
    second.write("22", 2);
    second.commit();
    CHECK(read_bytes(folder / "a") == "22");
    first.commit();
    CHECK(read_bytes(folder / "a") == "1");
    CHECK(folder.entries() == 1);
}

TEST_CASE("A write that fails half-way leaves the older file and no temporary")
{
    scratch_folder const folder;
    auto const path = folder / "a";
    write_bytes(path, "old");
    auto const refused = "cannot write " + path.string();

    tensor<double, 2> large(400, 300);
    for (index_t i = 0; i < large.size(); ++i) large.data()[i] = static_cast<double>(i * i % 65521) / 256;
    tensor<double, 3> image(3, 400, 300);
    for (index_t i = 0; i < image.size(); ++i) image.data()[i] = static_cast<double>(i * i % 251) / 250;
    io::safetensors arrays;
    arrays.set("x", large);

    // Catch must be able to write its own output: nothing is checked under the limit.
    std::string depth_message, image_message, arrays_message;
    {
        file_size_limit const limit(5000);
        depth_message = thrown<io_error>([&] { io::write_depth_png(path, large); });
        image_message = thrown<io_error>([&] { io::write_rgb_png(path, image); });
        arrays_message = thrown<io_error>([&] { arrays.write(path); });
    }
    CHECK(depth_message == refused);
    CHECK(image_message == refused);
    CHECK(arrays_message == refused);
    CHECK(read_bytes(path) == "old");
    CHECK(folder.entries() == 1);

    arrays.write(path);  // and it works again
    CHECK(io::safetensors::read(path).shape("x") == std::vector<index_t>{400, 300});
}

TEST_CASE("A symbolic link stays, and what it leads to is replaced")
{
    scratch_folder const folder;
    std::filesystem::create_directory(folder / "elsewhere");
    std::filesystem::create_symlink("elsewhere/a", folder / "link");
    std::filesystem::create_symlink(folder / "link", folder / "chain");
    std::filesystem::create_symlink("loop", folder / "loop");
    for (char const* text : {"made", "replaced"}) {  // at first the link leads nowhere
        io::atomic_file file(folder / "chain");
        file.write(text, std::strlen(text));
        file.commit();
        CHECK(read_bytes(folder / "elsewhere/a") == text);
    }
    CHECK(std::filesystem::is_symlink(folder / "link"));
    CHECK(std::filesystem::is_symlink(folder / "chain"));
    CHECK_FALSE(thrown<io_error>([&] { io::atomic_file(folder / "loop"); }).empty());
    CHECK(folder.entries() == 4);
}

TEST_CASE("A pipe stays one, and is written to at commit")  // as devices are; those are no place for a test that fails
{
    scratch_folder const folder;
    auto const pipe = folder / "pipe";
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    int const reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
    REQUIRE(reader >= 0);
    char text[8];
    for (std::string const bytes : {"abc", ""}) {
        io::atomic_file file(pipe);
        file.write(bytes.data(), bytes.size());
        CHECK(::read(reader, text, sizeof text) == 0);
        file.commit();
        REQUIRE(std::filesystem::is_fifo(pipe));
        CHECK(::read(reader, text, sizeof text) == static_cast<ssize_t>(bytes.size()));
        CHECK(std::string(text, bytes.size()) == bytes);
    }
    close(reader);
    CHECK(folder.entries() == 1);
}

TEST_CASE("Several files can wait for each other: none appears before its commit")
{
    scratch_folder const folder;
    tensor<float, 2> const map(2, 2);
    io::safetensors arrays;
    arrays.set("x", map);
    std::vector<std::filesystem::path> const paths{folder / "depth", folder / "image", folder / "arrays"};
    {
        io::atomic_file depth(paths[0]), image(paths[1]), values(paths[2]);
        io::write_depth_png(depth, map);
        io::write_rgb_png(image, tensor<float, 3>(3, 2, 2));
        arrays.write(values);
        for (auto const& path : paths) CHECK_FALSE(std::filesystem::exists(path));
        for (auto* file : {&depth, &image, &values}) file->commit();
    }
    CHECK(io::read_depth_png(paths[0]).extents() == dims<2>{2, 2});
    CHECK(io::read_rgb_png(paths[1]).extents() == dims<3>{3, 2, 2});
    CHECK(io::safetensors::read(paths[2]).contains("x"));
    CHECK(folder.entries() == 3);
}

TEST_CASE("Places that cannot be written to are named")
{
    scratch_folder const folder;
    tensor<float, 2> const map(2, 2);
    auto const missing = folder / "missing" / "a.png";
    CHECK(thrown<io_error>([&] { io::write_depth_png(missing, map); }) == "cannot write " + missing.string());

    auto const occupied = folder / "occupied";
    std::filesystem::create_directory(occupied);
    write_bytes(occupied / "b", "b");
    CHECK(thrown<io_error>([&] { io::atomic_file{occupied}; }) ==
          "cannot write " + occupied.string() + ": it is a directory");
    CHECK(folder.entries() == 1);
    CHECK(read_bytes(occupied / "b") == "b");
}

}  // namespace hyspn::testing
