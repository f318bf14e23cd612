// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/wait.h>

#include <hyspn/core/tensor.hpp>
#include <hyspn/guidance/samples.hpp>
#include <hyspn/io/depth_png.hpp>
#include <hyspn/io/image.hpp>

/// Runs the example programs as a user would, in a folder of its own.

namespace hyspn::testing {

/// A new, empty folder, removed at the end.
class temporary_folder {
public:
    temporary_folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "hyspn-test-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
        path_ = name;
    }
    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;
    ~temporary_folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::filesystem::path operator/(std::string const& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

inline std::string read_text(std::filesystem::path const& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

struct run_result {
    int status;
    std::string out, err;
};

inline run_result run_program(char const* program, temporary_folder const& folder, std::string const& options)
{
    std::string const out = (folder / "stdout").string(), err = (folder / "stderr").string();
    std::string const command = std::string(program) + " " + options + " >" + out + " 2>" + err;
    int const status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text(out), read_text(err)};
}

inline run_result run_complete_depth(temporary_folder const& folder, std::string const& options)
{
    return run_program(HYSPN_TEST_COMPLETE_DEPTH, folder, options);
}

/// A slanted floor behind a nearer board of another colour, 96 x 72, as files rgb.png, truth.png and sparse.png (150
/// samples).
struct small_scene {
    static constexpr index_t height = 72, width = 96;
    tensor<float, 2> truth{height, width}, sparse;

    explicit small_scene(temporary_folder const& folder)
    {
        tensor<float, 3> rgb(3, height, width);
        for (index_t i = 0; i < height; ++i)
            for (index_t j = 0; j < width; ++j) {
                bool const board = i > 15 && i < 60 && j > 30 && j < 70;
                truth(i, j) = board ? 1.5F : 6 - 0.03F * static_cast<float>(i);
                float const grain = 0.02F * static_cast<float>((i * 7 + j * 13) % 5);
                rgb(0, i, j) = (board ? 0.7F : 0.3F) + grain;
                rgb(1, i, j) = 0.4F + grain;
                rgb(2, i, j) = (board ? 0.2F : 0.5F) + grain;
            }
        sparse = guidance::draw_samples(truth, 150, 3);
        io::write_rgb_png(folder / "rgb.png", rgb);
        io::write_depth_png(folder / "truth.png", truth);
        io::write_depth_png(folder / "sparse.png", sparse);
    }

    /// Root mean square error of taking the nearest sample, over the pixels that were not given.
    double nearest_sample_rmse() const
    {
        auto const samples = guidance::collect_samples(sparse);
        double sum = 0, n = 0;
        for (index_t i = 0; i < height; ++i)
            for (index_t j = 0; j < width; ++j) {
                if (sparse(i, j) > 0) continue;
                index_t best = 0, least = 1 << 30;
                for (index_t s = 0; s < samples.size(); ++s) {
                    index_t const dy = samples.y(s) - i, dx = samples.x(s) - j;
                    if (dy * dy + dx * dx >= least) continue;
                    least = dy * dy + dx * dx;
                    best = s;
                }
                double const error = static_cast<double>(samples.value(best) - truth(i, j));
                sum += error * error;
                ++n;
            }
        return std::sqrt(sum / n);
    }
};

/// The options that name the three files of a small_scene.
inline std::string files_of(temporary_folder const& folder)
{
    return "--rgb " + (folder / "rgb.png").string() + " --sparse " + (folder / "sparse.png").string() + " --truth " +
           (folder / "truth.png").string();
}

}  // namespace hyspn::testing
