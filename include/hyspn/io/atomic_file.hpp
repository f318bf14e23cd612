// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <system_error>
#include <utility>

#include <hyspn/core/error.hpp>

namespace hyspn::io {

/// A file that appears whole or not at all: bytes go to a temporary file in the same folder, commit() renames it.
/// Without commit() the temporary is removed and an older file of that name stays as it was. A symbolic link stays, and
/// what it leads to is replaced. A pipe or a device cannot be replaced: commit() copies the temporary, which is then in
/// the system's folder for such files, to it. Throws io_error; a directory is refused at once.
class atomic_file {
public:
    explicit atomic_file(std::filesystem::path path) : path_(std::move(path))
    {
        using std::filesystem::file_type;
        std::error_code failed;
        auto const type = std::filesystem::status(path_, failed).type();
        if (type == file_type::none) fail(": " + failed.message());
        if (type == file_type::directory) fail(": it is a directory");
        replaced_ = type == file_type::regular || type == file_type::not_found;
        target_ = replaced_ ? end_of_links(path_) : path_;
        temporary_ = temporary_name(replaced_ ? target_ : std::filesystem::temp_directory_path(failed) / "hyspn");
        out_.open(temporary_, std::ios::binary | std::ios::trunc);
        if (!out_) fail();
    }
    atomic_file(atomic_file const&) = delete;
    atomic_file& operator=(atomic_file const&) = delete;
    ~atomic_file()
    {
        if (renamed_) return;
        out_.close();
        std::error_code ignored;
        std::filesystem::remove(temporary_, ignored);
    }

    std::filesystem::path const& path() const { return path_; }

    void write(void const* data, std::size_t bytes)
    {
        append(data, bytes);
        if (!out_) fail();
    }

    /// write without the exception, for C callbacks: commit() reports the failure.
    void append(void const* data, std::size_t bytes) noexcept
    {
        out_.write(static_cast<char const*>(data), static_cast<std::streamsize>(bytes));
    }

    void commit()
    {
        out_.close();
        if (!out_) fail();
        if (!replaced_) return copy();
        std::error_code failed;
        std::filesystem::rename(temporary_, target_, failed);
        if (failed) fail(": " + failed.message());
        renamed_ = true;
    }

private:
    [[noreturn]] void fail(std::string const& why = "") const
    {
        throw io_error("cannot write " + path_.string() + why);
    }

    void copy() const
    {
        std::ifstream from(temporary_, std::ios::binary);
        std::ofstream to(target_, std::ios::binary);
        if (from.peek() != std::ifstream::traits_type::eof()) to << from.rdbuf();
        to.close();
        if (!to || from.bad()) fail();
    }

    /// Where a chain of symbolic links leads, whether that exists or not.
    static std::filesystem::path end_of_links(std::filesystem::path path)
    {
        while (std::filesystem::is_symlink(path)) path = path.parent_path() / std::filesystem::read_symlink(path);
        return path;
    }

    /// Unlike that of any other writer of the same file, in this process or another.
    static std::filesystem::path temporary_name(std::filesystem::path const& path)
    {
        std::random_device entropy;
        auto name = path;
        name += ".tmp" + std::to_string(entropy()) + std::to_string(entropy());
        return name;
    }

    std::filesystem::path path_, target_, temporary_;
    std::ofstream out_;
    bool replaced_ = false;  ///< by renaming the temporary
    bool renamed_ = false;
};

}  // namespace hyspn::io
