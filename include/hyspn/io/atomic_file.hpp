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
/// Without commit() the temporary is removed and an older file of that name stays as it was. Throws io_error.
class atomic_file {
public:
    explicit atomic_file(std::filesystem::path path) : path_(std::move(path)), temporary_(temporary_name(path_))
    {
        out_.open(temporary_, std::ios::binary | std::ios::trunc);
        if (!out_) throw io_error("cannot write " + path_.string());
    }
    atomic_file(atomic_file const&) = delete;
    atomic_file& operator=(atomic_file const&) = delete;
    ~atomic_file()
    {
        if (committed_) return;
        out_.close();
        std::error_code ignored;
        std::filesystem::remove(temporary_, ignored);
    }

    void write(void const* data, std::size_t bytes)
    {
        append(data, bytes);
        if (!out_) throw io_error("cannot write " + path_.string());
    }

    /// write without the exception, for C callbacks: commit() reports the failure.
    void append(void const* data, std::size_t bytes) noexcept
    {
        out_.write(static_cast<char const*>(data), static_cast<std::streamsize>(bytes));
    }

    void commit()
    {
        out_.close();
        if (!out_) throw io_error("cannot write " + path_.string());
        std::error_code failed;
        std::filesystem::rename(temporary_, path_, failed);
        if (failed) throw io_error("cannot write " + path_.string() + ": " + failed.message());
        committed_ = true;
    }

private:
    /// Unlike that of any other writer of the same file, in this process or another.
    static std::filesystem::path temporary_name(std::filesystem::path const& path)
    {
        std::random_device entropy;
        auto name = path;
        name += ".tmp" + std::to_string(entropy()) + std::to_string(entropy());
        return name;
    }

    std::filesystem::path path_;
    std::filesystem::path temporary_;
    std::ofstream out_;
    bool committed_ = false;
};

}  // namespace hyspn::io
