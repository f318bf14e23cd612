// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <nlohmann/json.hpp>

#include "examples/program.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using testing::files_of;
using testing::run_complete_depth;
using testing::small_scene;
using testing::temporary_folder;

TEST_CASE("complete_depth: without files it completes a synthetic scene and draws it")
{
    temporary_folder const folder;
    auto const out = (folder / "out").string(), json = (folder / "result.json").string();
    auto const run =
        run_complete_depth(folder, "--width 120 --height 90 --samples 120 --out " + out + " --json " + json);
    INFO(run.err);
    REQUIRE(run.status == 0);
    CHECK(run.err.empty());  // not a terminal: no progress bar
    CHECK_THAT(run.out, Catch::Contains("initial map") && Catch::Contains("propagated") && Catch::Contains("seconds"));

    auto const depth = io::read_depth_png(folder / "out/depth.png");
    CHECK(depth.extents() == dims<2>{90, 120});
    for (float z : depth) CHECK(z > 0);
    for (auto const* name : {"out/depth_color.png", "out/error.png"})
        CHECK(io::read_rgb_png(folder / name).extents() == dims<3>{3, 90, 120});
    CHECK(io::read_rgb_png(folder / "out/affinity.png").size() > 0);

    auto const report = nlohmann::json::parse(testing::read_text(json));
    for (auto const* key : {"rmse", "mae", "rel", "delta1", "seconds"}) {
        INFO(key);
        REQUIRE(report.at(key).is_number());
    }
    CHECK(report.at("n") == 90 * 120 - 120);
    CHECK(report.at("rmse") < 1.0);
    CHECK(report.at("initial").at("rmse").is_number());
}

TEST_CASE("complete_depth: better than the nearest sample, measured pixels kept, quiet means quiet")
{
    temporary_folder const folder;
    small_scene const scene(folder);
    auto const run = run_complete_depth(folder, files_of(folder) + " --quiet --out " + (folder / "out").string() +
                                                    " --json " + (folder / "j").string());
    REQUIRE(run.status == 0);
    CHECK((run.out + run.err).empty());
    auto const report = nlohmann::json::parse(testing::read_text(folder / "j"));
    CHECK(report.at("rmse").get<double>() < 0.6 * scene.nearest_sample_rmse());
    CHECK(report.at("n") == scene.truth.size() - 150);
    auto const depth = io::read_depth_png(folder / "out/depth.png"), given = io::read_depth_png(folder / "sparse.png");
    for (index_t k = 0; k < given.size(); ++k)
        if (given.data()[k] > 0) CHECK(depth.data()[k] == given.data()[k]);
}

TEST_CASE("complete_depth: the result depends neither on the number of threads nor on the back end")
{
    temporary_folder const folder;
    small_scene const scene(folder);
    auto const depth_with = [&](std::string const& options) {
        auto const run =
            run_complete_depth(folder, files_of(folder) + " --quiet --out " + (folder / "out").string() + options);
        REQUIRE(run.status == 0);
        return io::read_depth_png(folder / "out/depth.png");
    };
    auto const one = depth_with(" --threads 1"), seq = depth_with(" --backend seq");
    for (auto const* threads : {" --threads 2", " --threads 3"}) {
        auto const other = depth_with(threads);
        CHECK(std::equal(one.begin(), one.end(), other.begin(), other.end()));
    }
    for (index_t k = 0; k < one.size(); ++k) CHECK(std::abs(one.data()[k] - seq.data()[k]) <= 1.0F / 256);
}

TEST_CASE("complete_depth: initial maps from experts and from planes, and a share of the Dirichlet solution")
{
    temporary_folder const folder;
    small_scene const scene(folder);
    auto const report_of = [&](std::string const& options) {
        auto const run = run_complete_depth(folder, files_of(folder) + " --json " + (folder / "j").string() + options);
        INFO(options << " " << run.err);
        REQUIRE(run.status == 0);
        auto report = nlohmann::json::parse(testing::read_text(folder / "j"));
        CHECK(report.at("initial").at("rmse") < 0.7 * scene.nearest_sample_rmse());
        return report;
    };
    auto const experts = report_of(""), planes = report_of(" --initial planes"), blended = report_of(" --blend 0.2");
    CHECK(experts.at("initial_map") == "experts");
    CHECK(experts.at("stages").contains("plane experts"));
    CHECK(planes.at("stages").contains("local planes"));
    CHECK(planes.at("initial").at("rmse") != experts.at("initial").at("rmse"));
    CHECK(blended.at("blend") == 0.2);
    CHECK(blended.at("stages").contains("blend"));
    CHECK(blended.at("initial").at("rmse") != experts.at("initial").at("rmse"));
    CHECK(report_of(" --blend 0.2 --threads 3").at("rmse") == blended.at("rmse"));
    (void)report_of(" --initial planes --blend 1 --affinity hyperbolic");
}

TEST_CASE("complete_depth: images of one row or one column, and of few pixels")
{
    temporary_folder const folder;
    for (auto const& size : {dims<2>{1, 40}, dims<2>{40, 1}, dims<2>{2, 2}, dims<2>{1, 1}}) {
        tensor<float, 3> rgb(3, size[0], size[1]);
        std::fill(rgb.begin(), rgb.end(), 0.5F);
        tensor<float, 2> sparse(size);
        std::fill(sparse.begin(), sparse.end(), 2.0F);
        if (sparse.size() > 1) *(sparse.end() - 1) = 0;
        io::write_rgb_png(folder / "rgb.png", rgb);
        io::write_depth_png(folder / "sparse.png", sparse);
        io::write_depth_png(folder / "truth.png", sparse);
        auto const run = run_complete_depth(folder, files_of(folder) + " --out " + (folder / "out").string());
        INFO(size[0] << " x " << size[1] << " " << run.err);
        CHECK(run.status == 0);
        auto const depth = io::read_depth_png(folder / "out/depth.png");
        CHECK(depth.extents() == size);
        for (float z : depth) CHECK(z == 2);
        // Whatever was given is all that is known: there is nothing to compare.
        CHECK_THAT(run.out, Catch::Contains("no pixel to compare") && !Catch::Contains("nan"));
    }
}

TEST_CASE("complete_depth: errors of 0 have no relative change")
{
    temporary_folder const folder;
    tensor<float, 3> rgb(3, 20, 30);
    tensor<float, 2> truth(20, 30), sparse(20, 30);
    std::fill(truth.begin(), truth.end(), 2.0F);
    sparse(10, 10) = 2;
    io::write_rgb_png(folder / "rgb.png", rgb);
    io::write_depth_png(folder / "sparse.png", sparse);
    io::write_depth_png(folder / "truth.png", truth);
    auto const run = run_complete_depth(folder, files_of(folder) + " --steps 0");
    REQUIRE(run.status == 0);
    CHECK_THAT(run.out, Catch::Contains("over 599 pixels") && !Catch::Contains("nan") && !Catch::Contains("inf"));
}

TEST_CASE("complete_depth: random walks with restart, some steps of them and their limit")
{
    temporary_folder const folder;
    small_scene const scene(folder);
    auto const depth_with = [&](std::string const& options) {
        auto const run = run_complete_depth(folder, files_of(folder) + " --out " + (folder / "out").string() +
                                                        " --json " + (folder / "j").string() + options);
        INFO(options << " " << run.err);
        REQUIRE(run.status == 0);
        CHECK(nlohmann::json::parse(testing::read_text(folder / "j")).at("rmse") < 0.6 * scene.nearest_sample_rmse());
        return io::read_depth_png(folder / "out/depth.png");
    };
    auto const largest_difference = [](tensor<float, 2> const& a, tensor<float, 2> const& b) {
        float most = 0;
        for (index_t k = 0; k < a.size(); ++k) most = std::max(most, std::abs(a.data()[k] - b.data()[k]));
        return most;
    };
    auto const limit = depth_with(" --propagation diffusion_fixed_point");
    CHECK(nlohmann::json::parse(testing::read_text(folder / "j")).at("steps").is_null());
    CHECK(nlohmann::json::parse(testing::read_text(folder / "j")).at("alpha") == 0.1);
    CHECK(largest_difference(limit, depth_with(" --propagation diffusion --steps 300")) <= 1.0F / 256);
    CHECK(largest_difference(limit, depth_with(" --propagation diffusion --steps 1")) > 1.0F / 16);
    CHECK(largest_difference(limit, depth_with(" --propagation diffusion_fixed_point --backend seq")) <= 1.0F / 256);
    CHECK(largest_difference(depth_with(" --propagation diffusion_fixed_point --alpha 1"),
                             depth_with(" --propagation cspn --steps 0")) <= 1.0F / 256);
    (void)depth_with(" --propagation diffusion --affinity hyperbolic");
    (void)depth_with(" --propagation diffusion_fixed_point --affinity euclidean");
}

TEST_CASE("complete_depth: draws samples from the truth, works without truth, takes every preset and affinity")
{
    temporary_folder const folder;
    small_scene const scene(folder);
    auto const rgb = "--rgb " + (folder / "rgb.png").string();
    auto const truth = " --truth " + (folder / "truth.png").string();
    auto const sparse = " --sparse " + (folder / "sparse.png").string();
    auto const json = " --json " + (folder / "j").string();

    REQUIRE(run_complete_depth(folder, rgb + truth + json + " --samples 50 --seed 4").status == 0);
    CHECK(nlohmann::json::parse(testing::read_text(folder / "j")).at("samples") == 50);

    REQUIRE(run_complete_depth(folder, rgb + sparse + json + " --out " + (folder / "out").string()).status == 0);
    CHECK(nlohmann::json::parse(testing::read_text(folder / "j")).at("rmse").is_null());
    CHECK_FALSE(std::filesystem::exists(folder / "out/error.png"));

    auto const rmse = [&](std::string const& options) {
        auto const run = run_complete_depth(folder, rgb + sparse + truth + json + options);
        INFO(options << " " << run.err);
        REQUIRE(run.status == 0);
        return nlohmann::json::parse(testing::read_text(folder / "j")).at("rmse").get<double>();
    };
    for (auto const* preset : {"cspn", "cspn_released", "paddle_cspn", "bpnet", "depthprompting"})
        CHECK(rmse(std::string(" --propagation ") + preset) < 0.6 * scene.nearest_sample_rmse());
    for (auto const* network : {"nlspn", "completionformer", "dyspn_rings", "dyspn_softmax", "bpnet_post", "lrru",
                                "spn", "depth_integration"}) {
        double const all_cores = rmse(std::string(" --propagation ") + network);
        CHECK(all_cores < 0.7 * scene.nearest_sample_rmse());
        CHECK(rmse(std::string(" --backend seq --propagation ") + network) == Approx(all_cores).epsilon(1e-4));
    }
    for (auto const* network : {"cspn_pp", "penet_dilated"})  // as penet
        CHECK(rmse(std::string(" --propagation ") + network) > 0);
    CHECK(rmse(" --propagation tree_filter") < scene.nearest_sample_rmse());
    CHECK(nlohmann::json::parse(testing::read_text(folder / "j")).at("steps").is_null());
    (void)rmse(" --propagation cspn_pp --steps 5");
    CHECK(nlohmann::json::parse(testing::read_text(folder / "j")).at("steps") == 8);
    CHECK(rmse(" --position-weight 1") < 0.6 * scene.nearest_sample_rmse());
    CHECK(rmse(" --position-weight 1") != rmse(""));
    CHECK(rmse(" --propagation penet") > 0);  // shares out what leaves a pixel: good with gates trained for it only
    for (auto const* affinity : {"hyperbolic", "naive", "euclidean"})
        CHECK(rmse(std::string(" --affinity ") + affinity) < scene.nearest_sample_rmse());
}
