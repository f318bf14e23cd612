// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The programs that train networks and use them.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <hyspn/data/folder.hpp>
#include <hyspn/data/scene.hpp>
#include <hyspn/guidance/samples.hpp>

#include "examples/program.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using testing::read_text;
using testing::run_program;
using testing::temporary_folder;

namespace {

/// A network and scenes that take a second.
std::string const small =
    " --width 4 --levels 1 --features 4 --steps 2 --scenes 3 --held-out 1 --scene-width 48 --scene-height 32"
    " --crop-width 32 --crop-height 24 --batch 2 --quiet";

testing::run_result train(temporary_folder const& folder, std::string const& out, std::string const& options)
{
    return run_program(HYSPN_TEST_TRAIN, folder, small + " --out " + (folder / out).string() + options);
}

std::string weights(temporary_folder const& folder, std::string const& out)
{
    return read_text(folder / out / "weights.safetensors");
}

index_t rows_of_log(std::filesystem::path const& log)
{
    auto const text = read_text(log);
    return std::count(text.begin(), text.end(), '\n') - 1;
}

/// Two made frames with everything a task wants.
void make_frames(std::filesystem::path const& root)
{
    for (std::uint64_t k = 0; k < 2; ++k) {
        auto scene = data::render_scene(exec::seq{}, {.height = 40, .width = 56, .seed = k + 3});
        data::sample s{std::move(scene.rgb), std::move(scene.depth), {}, std::move(scene.labels)};
        s.sparse = guidance::draw_samples(as_const(s.depth), 60, k);
        data::save_plain(root / ("frame" + std::to_string(k)), s);
    }
}

}  // namespace

TEST_CASE("train: the same bits for any number of threads, for every network")
{
    temporary_folder const folder;
    for (auto const* task : {"depth", "labels"})
        for (auto const* propagation : {"cspn", "nlspn", "dyspn", "diffusion"}) {
            auto const options =
                std::string(" --iterations 3 --task ") + task + " --propagation " + propagation + " --threads ";
            auto const name = std::string(task) + propagation;
            for (auto const* threads : {"1", "2", "3"}) {
                auto const run = train(folder, name + threads, options + threads);
                INFO(options << threads << "\n" << run.err);
                REQUIRE(run.status == 0);
                CHECK(weights(folder, name + threads) == weights(folder, name + "1"));
            }
        }
    CHECK(weights(folder, "depthcspn1") != weights(folder, "depthnlspn1"));
}

TEST_CASE("train: stopped by SIGTERM and resumed, a run ends with the bits of one that was not")
{
    temporary_folder const folder;
    std::string const options = " --iterations 200 --checkpoint-every 1 --validate-every 80 --seed 4";
    REQUIRE(train(folder, "whole", options).status == 0);

    auto const out = folder / "parts", log = out / "log.csv";
    std::string const command = std::string(HYSPN_TEST_TRAIN) + small + options + " --resume --out " + out.string();
    std::string const stop_early = command + " >" + (folder / "text").string() + " & p=$!; while [ ! -e " +
                                   log.string() + " ] && kill -0 $p; do sleep 0.01; done; kill -TERM $p; wait $p";
    REQUIRE(std::system(("sh -c '" + stop_early + "'").c_str()) == 0);
    auto const steps = rows_of_log(log);
    CHECK(steps >= 1);
    CHECK(steps < 200);
    auto const rest = train(folder, "parts", options + " --resume");
    INFO(rest.err);
    REQUIRE(rest.status == 0);
    CHECK(rows_of_log(log) == 200);
    CHECK(weights(folder, "parts") == weights(folder, "whole"));
    CHECK(std::filesystem::exists(out / "curve.svg"));
}

TEST_CASE("train: another run is not resumed, bad options are refused")
{
    temporary_folder const folder;
    REQUIRE(train(folder, "run", " --iterations 2").status == 0);
    auto const other = train(folder, "run", " --iterations 2 --seed 2 --resume");
    CHECK(other.status == 1);
    CHECK_THAT(other.err, Catch::Contains("seed=1") && Catch::Contains("seed=2"));
    for (auto const* bad : {" --affinity none", " --task sound", " --propagation spread", " --width 6", " --kernel 4",
                            " --iterations 0", " --crop-width 64"}) {
        auto const run = train(folder, "bad", bad);
        INFO(bad << "\n" << run.err);
        CHECK(run.status == 2);
        CHECK_THAT(run.err, Catch::StartsWith("train: "));
        CHECK_FALSE(std::filesystem::exists(folder / "bad" / "weights.safetensors"));
    }
}

TEST_CASE("evaluate and segment_labels: tables and refined labels of frames")
{
    temporary_folder const folder;
    make_frames(folder / "frames");
    REQUIRE(train(folder, "depth", " --iterations 2").status == 0);
    REQUIRE(train(folder, "labels", " --iterations 2 --task labels").status == 0);
    auto const evaluate = [&](char const* net, std::string const& options) {
        return run_program(HYSPN_TEST_EVALUATE, folder,
                           "--weights " + (folder / net / "weights.safetensors").string() + " --frames " +
                               (folder / "frames").string() + options);
    };
    auto const depth = evaluate("depth", ""), adapted = evaluate("depth", " --adapt 2");
    INFO(depth.err << adapted.err);
    CHECK(depth.status == 0);
    CHECK_THAT(depth.out, Catch::Contains("| network | RMSE |") && Catch::Contains("| frame1 |"));
    CHECK(adapted.status == 0);
    auto const table = [](std::string const& text) {
        return text.substr(0, text.find(" s a frame")).substr(0, text.rfind('|'));
    };
    CHECK(table(adapted.out) != table(depth.out));
    CHECK(table(evaluate("depth", "").out) == table(depth.out));
    CHECK(evaluate("labels", " --adapt 2").status == 2);
    auto const redrawn = evaluate("depth", " --samples 40 --seed 2");
    CHECK(redrawn.status == 0);
    CHECK(table(redrawn.out) != table(depth.out));
    CHECK(table(redrawn.out) != table(evaluate("depth", " --samples 40 --seed 3").out));
    CHECK(table(redrawn.out) == table(evaluate("depth", " --samples 40 --seed 2").out));
    CHECK(evaluate("depth", " --seed 2").status == 2);
    for (auto const* net : {"depth", "labels"}) {
        auto const pictures = folder / (std::string(net) + "_pictures");
        auto const drawn = evaluate(net, " --share 0 --out " + pictures.string());
        INFO(drawn.err);
        REQUIRE(drawn.status == 0);
        CHECK(std::filesystem::exists(pictures / "frame1_affinity.png"));
        // The network has no share: its panels, those of the third column, are those of the second but for their
        // titles.
        auto const sheet = io::read_rgb_png(pictures / "frame0.png");
        index_t const width = (sheet.extent(2) - 4) / 3, title = 4 + 9;
        index_t different = 0;
        for (index_t i = title; i < title + 32; ++i)
            for (index_t j = 0; j < width - 4; ++j)
                different += sheet(1, i, 4 + width + j) == sheet(1, i, 4 + 2 * width + j) ? 0 : 1;
        CHECK(different == 0);
        auto const plain = evaluate(net, " --out " + pictures.string());
        REQUIRE(plain.status == 0);
        auto const other = io::read_rgb_png(pictures / "frame0.png");
        CHECK_FALSE(std::equal(other.begin(), other.end(), sheet.begin()));
    }
    auto const labels = evaluate("labels", "");
    CHECK(labels.status == 0);
    CHECK_THAT(labels.out, Catch::Contains("| network | mIoU |"));

    auto const frame = folder / "frames" / "frame0", refined = folder / "refined.png";
    auto const segment = [&](char const* net) {
        return run_program(HYSPN_TEST_SEGMENT_LABELS, folder,
                           "--weights " + (folder / net / "weights.safetensors").string() + " --rgb " +
                               (frame / "rgb.png").string() + " --labels " + (frame / "labels.png").string() +
                               " --truth " + (frame / "labels.png").string() + " --out " + refined.string());
    };
    auto const run = segment("labels");
    INFO(run.err);
    REQUIRE(run.status == 0);
    CHECK_THAT(run.out, Catch::Contains("coarse : mIoU 1"));
    auto const before = io::read_label_png(frame / "labels.png"), after = io::read_label_png(refined);
    CHECK(before.extents() == after.extents());
    for (auto const l : after) REQUIRE(std::find(before.begin(), before.end(), l) != before.end());
    CHECK(segment("depth").status == 2);
}

TEST_CASE("experiment: every kind once, and none twice")
{
    temporary_folder const folder;
    make_frames(folder / "frames");
    auto const run = [&] {
        return run_program(HYSPN_TEST_EXPERIMENT, folder,
                           "--reduced --iterations 1 --affinities ham,euclidean --propagations cspn --quiet --frames " +
                               (folder / "frames").string() + " --out " + (folder / "out").string());
    };
    auto const first = run();
    INFO(first.err);
    REQUIRE(first.status == 0);
    CHECK_THAT(first.out, Catch::Contains("| cspn, ham |") && Catch::Contains("| none, initial map |") &&
                              Catch::Contains("Label refinement, real frames"));
    auto const trials = read_text(folder / "out" / "trials.csv");
    auto const rmse = [&](std::string const& kind) {
        auto const row = trials.find("\n" + kind);
        REQUIRE(row != std::string::npos);
        return std::stod(trials.substr(trials.find("RMSE=", row) + 5));
    };
    auto const quotient = [&](std::string const& label) {
        auto const row = first.out.find("| " + label + " (1) | ");
        REQUIRE(row != std::string::npos);
        return std::stod(first.out.substr(row + label.size() + 9));
    };
    CHECK(quotient("ham / euclidean") ==
          Approx(rmse("depth,cspn,ham,1") / rmse("depth,cspn,euclidean,1")).margin(1e-4));
    CHECK(quotient("euclidean / initial map") ==
          Approx(rmse("depth,cspn,euclidean,1") / rmse("depth,none,initial map,1")).margin(1e-4));
    CHECK(std::count(trials.begin(), trials.end(), '\n') == 8);
    for (auto const* name : {"depth_cspn_ham_1", "labels_cspn_euclidean_1"})
        CHECK(std::filesystem::exists(folder / "out" / "weights" / (std::string(name) + ".safetensors")));
    auto const second = run();
    CHECK(second.out == first.out);
    CHECK(read_text(folder / "out" / "trials.csv") == trials);
}
