// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <string>

#include <hyspn/data/folder.hpp>
#include <hyspn/data/scene.hpp>
#include <hyspn/exec/seq.hpp>

#include "examples/program.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using testing::temporary_folder;

namespace {

testing::run_result run_render_scenes(temporary_folder const& folder, std::string const& options)
{
    return testing::run_program(HYSPN_TEST_RENDER_SCENES, folder, options);
}

}  // namespace

TEST_CASE("render_scenes: folders that data::load takes, with the scenes of the seeds, whatever the threads")
{
    temporary_folder const folder;
    for (auto const* threads : {"1", "3"}) {
        auto const out = folder / threads;
        auto const run = run_render_scenes(folder,
                                           "--count 3 --seed 5 --layout street --width 40 --height 30 --samples "
                                           "60 --quiet --threads " +
                                               std::string(threads) + " --out " + out.string());
        INFO(run.err);
        REQUIRE(run.status == 0);
        CHECK((run.out + run.err).empty());
        auto const frames = data::list_plain(out);
        REQUIRE(frames.size() == 3);
        for (std::uint64_t k = 0; k < 3; ++k) {
            auto const s = data::load(frames[k]);
            auto const wanted = data::render_scene(
                exec::seq{}, {.height = 30, .width = 40, .seed = 5 + k, .layout = data::scene_layout::street});
            CHECK(std::equal(s.labels.begin(), s.labels.end(), wanted.labels.begin(), wanted.labels.end()));
            CHECK(std::count_if(s.sparse.begin(), s.sparse.end(), [](float z) { return z > 0; }) == 60);
            for (index_t p = 0; p < s.depth.size(); ++p) {
                CHECK(std::abs(s.depth.data()[p] - wanted.depth.data()[p]) <= 0.5F / 256);
                CHECK((s.sparse.data()[p] == 0 || s.sparse.data()[p] == s.depth.data()[p]));
            }
            auto const parts = io::read_label_png(frames[k].rgb.parent_path() / "parts.png");
            CHECK(std::equal(parts.begin(), parts.end(), wanted.parts.begin(), wanted.parts.end()));
        }
    }
}

TEST_CASE("render_scenes: a sheet alone, every sensor and layout")
{
    temporary_folder const folder;
    for (auto const* sensor : {"random", "lidar", "structured_light"})
        for (auto const* layout : {"any", "room", "desk", "clutter", "street", "garden"}) {
            auto const sheet = folder / "sheet.png";
            auto const run =
                run_render_scenes(folder, std::string("--count 3 --columns 2 --width 32 --height 24 --layout ") +
                                              layout + " --sensor " + sensor + " --sheet " + sheet.string());
            INFO(run.err);
            REQUIRE(run.status == 0);
            CHECK_THAT(run.out, Catch::StartsWith("3 scenes of 32 x 24 in "));
            CHECK(io::read_rgb_png(sheet).extents() == dims<3>{3, 2 * 24, 2 * 4 * 32});
        }
}

TEST_CASE("render_scenes: wrong options are one line and status 2")
{
    temporary_folder const folder;
    auto const out = " --out " + (folder / "out").string();
    for (auto const& options : {std::string("--count 2"), "--layout moon" + out, "--count 0" + out,
                                "--sensor eye" + out, "--max-depth 0" + out, "--noise -1" + out}) {
        auto const run = run_render_scenes(folder, options);
        INFO(options << "\n" << run.err);
        CHECK(run.status == 2);
        CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
        CHECK_THAT(run.err, Catch::StartsWith("render_scenes: "));
        CHECK_FALSE(std::filesystem::exists(folder / "out"));
    }
}
