// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <limits>

#include <io/files.hpp>
#include <io/network.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/io/parameters.hpp>

namespace hyspn::testing {
namespace {

/// Two arrays of one name.
struct twins {
    tensor<float, 1> a{2}, b{2};
    friend void for_each_leaf(twins const& p, auto&& f)
    {
        f("a", as_view(p.a));
        f("a", as_view(p.b));
    }
};

}  // namespace

TEMPLATE_TEST_CASE("Parameters and buffers come back from a file bit by bit", "", float, double)
{
    scratch_folder const folder;
    auto const path = folder / "p.safetensors";
    auto saved = random_network<TestType>(1);
    saved.layer.numbers(0, 0, 0) = -TestType(0);
    saved.layer.numbers(0, 0, 1) = std::numeric_limits<TestType>::infinity();
    saved.layer.numbers(0, 0, 2) = std::numeric_limits<TestType>::denorm_min();
    io::save_parameters(path, saved, "width 32");
    CHECK(folder.entries() == 1);
    auto loaded = random_network<TestType>(9);
    auto const outside = loaded.layer.room(0, 5);
    io::load_parameters(path, loaded, "width 32");
    CHECK(same_bits(all_numbers(loaded), all_numbers(saved)));
    CHECK(loaded.layer.room(0, 5) == outside);
    auto const file = io::safetensors::read(path);
    CHECK(file.names() == std::vector<std::string>{"numbers", "points", "rows", "running_mean", "scale"});
    CHECK(file.shape("rows") == std::vector<index_t>{7, 5});
}

TEST_CASE("An array that stands alone is a file of its own")
{
    scratch_folder const folder;
    auto const saved = random_values<float, 2>({{3, 4}}, 1, 1);
    io::save_parameters(folder / "a", saved);
    tensor<float, 2> loaded(3, 4);
    io::load_parameters(folder / "a", loaded);
    CHECK(std::equal(saved.begin(), saved.end(), loaded.begin()));
}

TEST_CASE("Parameters of another network are refused, by name, and nothing changes")
{
    scratch_folder const folder;
    auto const path = folder / "p.safetensors";
    std::string const name = path.string();
    auto const saved = random_network<float>(1);
    io::save_parameters(path, saved, "width 32");
    auto const refused = [&](auto p, std::string const& configuration = "width 32") {
        auto const before = all_numbers(p);
        auto const message = thrown<io_error>([&] { io::load_parameters(path, p, configuration); });
        CHECK(same_bits(all_numbers(p), before));
        return message;
    };
    CHECK(refused(random_network<float>(2), "width 64") ==
          "load_parameters: the configuration of " + name + " must be \"width 64\", got \"width 32\"");
    CHECK(refused(random_network<float>(2), "") ==
          "load_parameters: the configuration of " + name + " must be \"\", got \"width 32\"");
    CHECK(refused(random_network<double>(2)) ==
          "load_parameters: numbers in " + name + " must be F64 [3, 37, 41], got F32 [3, 37, 41]");
    auto larger = random_network<float>(2);
    larger.running_mean = tensor<float, 1>(6);
    CHECK(refused(larger) == "load_parameters: running_mean in " + name + " must be F32 [6], got F32 [5]");

    auto const change = [&](auto const& f) {
        auto file = io::safetensors::read(path);
        f(file);
        file.write(path);
    };
    change([](io::safetensors& file) { file.set("numbers", tensor<float, 2>(3, 4)); });
    CHECK(refused(random_network<float>(2)) ==
          "load_parameters: numbers in " + name + " must be F32 [3, 37, 41], got F32 [3, 4]");
    io::save_parameters(path, saved, "width 32");
    change([](io::safetensors& file) { file.set_scalar("more", 1.f); });
    CHECK(refused(random_network<float>(2)) ==
          "load_parameters: the arrays in " + name + " must be those of the parameters, got more besides");
    io::save_parameters(path, saved.layer, "width 32");
    CHECK(refused(random_network<float>(2)) ==
          "load_parameters: running_mean in " + name + " must be F32 [5], got nothing");
}

TEST_CASE("Two arrays of one name cannot be saved")
{
    scratch_folder const folder;
    CHECK(thrown<value_error>([&] { io::save_parameters(folder / "a", twins{}); }) ==
          "save_parameters: the name of an array must be used once, got a twice");
    CHECK(folder.entries() == 0);
}

}  // namespace hyspn::testing
