// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string>

#include <hyspn/io/safetensors.hpp>

#include "examples/program.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using testing::run_complete_depth;
using testing::small_scene;
using testing::temporary_folder;

namespace {

/// Runs with --out and --json; checks status 2, one clear line, and that neither exists afterwards.
void check_refused(temporary_folder const& folder, std::string const& options, std::string const& why)
{
    auto const out = folder / "out", json = folder / "result.json";
    auto const run = run_complete_depth(folder, options + " --out " + out.string() + " --json " + json.string());
    INFO(options << "\n" << run.err);
    CHECK(run.status == 2);
    CHECK(run.out.empty());
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    CHECK_THAT(run.err, Catch::StartsWith("complete_depth: ") && Catch::Contains(why));
    CHECK_FALSE(std::filesystem::exists(out));
    CHECK_FALSE(std::filesystem::exists(json));
}

std::string option(char const* name, std::filesystem::path const& path)
{
    return std::string(" --") + name + " " + path.string();
}

}  // namespace

TEST_CASE("complete_depth: bad options are refused in one line")
{
    temporary_folder const folder;
    check_refused(folder, "--affinity cosine", "geodesic, hyperbolic, naive, euclidean");
    check_refused(folder, "--initial oracle", "experts, planes");
    check_refused(folder, "--blend 1.5", "--blend must be in [0, 1]");
    check_refused(folder, "--blend nan", "--blend must be in [0, 1]");
    check_refused(folder, "--propagation nonsense", "cspn");
    check_refused(folder, "--propagation nonsense", "diffusion_fixed_point");
    check_refused(folder, "--propagation diffusion --alpha 0", "alpha");
    check_refused(folder, "--propagation diffusion --alpha nan", "alpha");
    check_refused(folder, "--propagation cspn --alpha 0.5", "alpha");
    check_refused(folder, "--propagation nlspn --affinity hyperbolic", "geodesic");
    check_refused(folder, "--propagation nlspn --backend cuda", "seq or omp");
    check_refused(folder, "--backend opencl", "seq, omp, cuda");
    check_refused(folder, "--steps -1", "steps");
    check_refused(folder, "--steps many", "steps");
    check_refused(folder, "--position-weight -1", "position-weight");
    check_refused(folder, "--position-weight nan", "NaN");
    check_refused(folder, "--no-such-option", "no-such-option");
    check_refused(folder, "--sparse a.png", "--rgb");
    check_refused(folder, "--rgb a.png", "--sparse");
}

TEST_CASE("complete_depth: bad files are refused in one line, and nothing is written")
{
    temporary_folder const folder;
    small_scene const scene(folder);
    auto const rgb = option("rgb", folder / "rgb.png"), sparse = option("sparse", folder / "sparse.png");

    check_refused(folder, option("rgb", folder / "absent.png") + sparse, "absent.png");
    check_refused(folder, rgb + option("sparse", folder / "rgb.png"), "16-bit grey");

    auto const text = testing::read_text(folder / "sparse.png");
    std::ofstream(folder / "truncated.png", std::ios::binary) << text.substr(0, text.size() / 2);
    check_refused(folder, rgb + option("sparse", folder / "truncated.png"), "truncated.png");
    std::ofstream(folder / "text.png") << "not an image";
    check_refused(folder, option("rgb", folder / "text.png") + sparse, "not a PNG");

    io::write_depth_png(folder / "smaller.png", tensor<float, 2>(71, 96));
    check_refused(folder, rgb + option("sparse", folder / "smaller.png"), "96 x 72, got 96 x 71");
    check_refused(folder, rgb + sparse + option("truth", folder / "smaller.png"), "96 x 72, got 96 x 71");
    io::write_depth_png(folder / "empty.png", tensor<float, 2>(72, 96));
    check_refused(folder, rgb + option("sparse", folder / "empty.png"), "no measurements");
    check_refused(folder, rgb + option("truth", folder / "empty.png"), "no measurements");
}

TEST_CASE("complete_depth: places that cannot be written are refused, and then nothing is")
{
    temporary_folder const folder;
    std::string const small = "--width 48 --height 40 --samples 40";
    std::ofstream(folder / "file") << "a file, not a folder";
    std::filesystem::create_directories(folder / "occupied/depth_color.png");
    auto const out = option("out", folder / "new/out"), json = option("json", folder / "result.json");
    auto const entries = [&] {
        std::filesystem::recursive_directory_iterator const all(folder / ".");
        return std::distance(begin(all), end(all));
    };
    auto const before = entries() + 2;  // and what the program prints
    for (auto const& options :
         {option("out", folder / "file") + json, out + option("json", folder / "absent/result.json"),
          out + option("json", folder / "occupied"), out + json + option("save-weights", folder / "absent/w"),
          option("out", folder / "occupied") + json, out + json + option("save-weights", folder / "file/w")}) {
        auto const run = run_complete_depth(folder, small + options);
        INFO(options << "\n" << run.err);
        CHECK(run.status == 2);
        CHECK(run.out.empty());
        CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
        CHECK(entries() == before);
    }
}

TEST_CASE("complete_depth: other files may go into a folder that --out makes")
{
    temporary_folder const folder;
    auto const run =
        run_complete_depth(folder, "--width 48 --height 40 --samples 40" + option("out", folder / "new/out") +
                                       option("json", folder / "new/out/result.json"));
    INFO(run.err);
    CHECK(run.status == 0);
    CHECK(std::filesystem::exists(folder / "new/out/result.json"));
}

TEST_CASE("complete_depth: a map that is not finite is refused")
{
    temporary_folder const folder;
    io::safetensors file;
    tensor<float, 3> z(8, 9, 10);
    std::fill(z.begin(), z.end(), 3e38F);
    file.set("z", z);
    file.set("bias", tensor<float, 1>(8));
    file.write(folder / "w");
    check_refused(folder, "--width 48 --height 40 --samples 40 --affinity euclidean" + option("weights", folder / "w"),
                  "not finite");
}

TEST_CASE("complete_depth: saved values give the same result when read again")
{
    temporary_folder const folder;
    auto const small = "--width 48 --height 40 --samples 60 --affinity hyperbolic" + option("out", folder / "out");
    REQUIRE(run_complete_depth(folder, small + option("save-weights", folder / "w")).status == 0);
    auto const first = testing::read_text(folder / "out/depth.png");
    REQUIRE(run_complete_depth(folder, small + option("weights", folder / "w") + " --backend omp").status == 0);
    CHECK(testing::read_text(folder / "out/depth.png") == first);
}

TEST_CASE("complete_depth: weights are read, and refused when they do not fit")
{
    temporary_folder const folder;
    auto const small = "--width 48 --height 40 --samples 40 --quiet";
    auto const with = [&](char const* affinity) {
        return std::string(small) + " --affinity " + affinity + option("weights", folder / "w.safetensors");
    };
    auto const write = [&](index_t outputs, index_t neighbours, index_t channels, float tau) {
        io::safetensors file;
        tensor<float, 3> z(outputs, neighbours, channels);
        std::fill(z.begin(), z.end(), 0.01F);
        tensor<float, 1> r(outputs);
        std::fill(r.begin(), r.end(), -1.0F);
        file.set("z", z);
        file.set("r", r);
        file.set("bias", r);
        file.set_scalar("c", 0.5F);
        file.set_scalar("tau", tau);
        file.write(folder / "w.safetensors");
    };
    write(8, 9, 10, 0.2F);
    for (auto const* affinity : {"geodesic", "hyperbolic", "naive", "euclidean"}) {
        auto const run = run_complete_depth(folder, with(affinity));
        INFO(affinity << " " << run.err);
        CHECK(run.status == 0);
    }
    write(8, 9, 11, 0.2F);
    for (auto const* affinity : {"hyperbolic", "naive", "euclidean"})
        check_refused(folder, with(affinity), "z must be");
    write(8, 9, 10, -1.0F);
    check_refused(folder, with("hyperbolic"), "tau");
    write(8, 9, 10, std::nanf(""));
    check_refused(folder, with("geodesic"), "tau");
    check_refused(folder, std::string(small) + option("weights", folder / "absent.safetensors"), "absent.safetensors");
}

#if !defined(HYSPN_TEST_CUDA_PROGRAM)
TEST_CASE("complete_depth: the cuda back end is refused in a build without it")
{
    temporary_folder const folder;
    check_refused(folder, "--width 48 --height 40 --backend cuda", "without CUDA");
}
#endif
