// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <filesystem>
#include <system_error>
#include <vector>

#include <hyspn/io/atomic_file.hpp>

namespace complete_depth {

/// The files of a run: each is complete before the first appears. Without commit() nothing stays, new folders neither.
class output_files {
public:
    output_files() = default;
    output_files(output_files const&) = delete;
    output_files& operator=(output_files const&) = delete;
    ~output_files()
    {
        if (committed_) return;
        files_.clear();
        std::error_code ignored;
        for (auto const& folder : new_folders_) std::filesystem::remove(folder, ignored);  // which are empty again
    }

    /// Makes the folder and those above it. Throws filesystem_error.
    void make_folder(std::filesystem::path const& folder)
    {
        for (auto path = std::filesystem::absolute(folder); !std::filesystem::exists(path); path = path.parent_path())
            new_folders_.push_back(path);
        std::filesystem::create_directories(folder);
    }

    /// A file to fill. Throws io_error when there can be none at `path`.
    hyspn::io::atomic_file& add(std::filesystem::path const& path) { return files_.emplace_back(path); }

    /// Throws io_error.
    void commit()
    {
        for (auto& file : files_) file.commit();
        committed_ = true;
    }

private:
    std::vector<std::filesystem::path> new_folders_;  ///< the innermost first
    std::deque<hyspn::io::atomic_file> files_;
    bool committed_ = false;
};

}  // namespace complete_depth
