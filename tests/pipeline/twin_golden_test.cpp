// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// A whole pipeline against its twin in PyTorch, which knows the ball's textbook formulas and autograd alone
// (tests/golden/twin.py).
#include <cmath>
#include <filesystem>
#include <string>
#include <type_traits>

#include <unistd.h>

#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/exec/omp.hpp>
#include <hyspn/io/parameters.hpp>
#include <hyspn/nn/guidance_unet.hpp>
#include <hyspn/pipeline/pipeline.hpp>
#include <hyspn/pipeline/stages/stencil.hpp>

#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace hyspn;

namespace {

io::safetensors const& file()
{
    static io::safetensors const goldens = testing::golden("twin");
    return goldens;
}

/// ‖got − want‖/‖want‖.
template <class T, std::size_t Rank>
void check_near(view<T const, Rank> got, std::string const& name, double bar)
{
    double error = 0, size = 0;
    auto const add = [&](double wanted, double found) {
        error += (found - wanted) * (found - wanted);
        size += wanted * wanted;
    };
    if (file().shape(name).empty()) {
        add(file().get_scalar<double>(name), static_cast<double>(*got.data_handle()));
    } else {
        auto const want = file().get<double, Rank>(name);
        REQUIRE(got.extents() == want.extents());
        auto const* w = want.data();
        for_each_element(got, [&](T x) { add(*w++, static_cast<double>(x)); });
    }
    INFO(name << ": " << std::sqrt(error / size));
    CHECK(std::sqrt(error / size) <= bar);
}

template <class T>
struct bars;
template <>
struct bars<double> {
    static constexpr double forward = 1e-11, gradients = 1e-10;
};
template <>
struct bars<float> {
    static constexpr double forward = 1e-5, gradients = 1e-4;
};

/// The twin's state, as a file of its own that PyTorch could have written, read as any file of parameters is.
template <class Params>
void load_twin(Params& p)
{
    using T = std::remove_cvref_t<decltype(*p.affinity.z.data())>;
    io::safetensors state;
    for_each_leaf(p, [&](std::string const& name, auto leaf) {
        using V = view_of<decltype(leaf)>;
        if (file().shape("p." + name).empty())
            state.set_scalar(name, file().get_scalar<T>("p." + name));
        else
            state.set(name, file().get<T, V::rank()>("p." + name));
    });
    auto const path =
        std::filesystem::temp_directory_path() / ("hyspn-twin-" + std::to_string(getpid()) + ".safetensors");
    state.write(path);
    io::load_parameters(path, p);
    std::filesystem::remove(path);
}

template <class T, class Exec>
void check(Exec const& exec)
{
    pipeline const net{
        .guidance =
            nn::guidance_unet{
                .inputs = 3, .width = 8, .levels = 2, .norm = {.kind = nn::norm_kind::group, .groups = 4}},
        .affinity = affinity::hyperbolic{},
        .propagation = propagation::presets::cspn{.steps = 6},
        .start = start::given{},
        .features = 4};
    auto p = net.make_params<T>(1);
    load_twin(p);
    auto const array = [](char const* name) { return file().get<T, 4>(name); };
    auto const image = array("image"), maps = array("maps"), measured = array("measured"), mask = array("mask");
    pipeline_inputs<T> const in{as_const(image), as_const(maps), as_const(measured), as_const(mask)};
    tensor<T, 4> out(maps.extents()), plain(maps.extents());
    typename decltype(net)::template saved<T> kept;
    net.forward(exec, p, in, out, kept);
    check_near(as_const(out), "out", bars<T>::forward);
    net.forward(exec, p, in, plain);
    check_near(as_const(plain), "out", bars<T>::forward);
    auto dp = net.zero_gradients(p);
    net.backward(exec, p, in, kept, array("dout"), dp);
    for_each_leaf(dp, [&](std::string const& name, auto leaf) {
        check_near(as_const(as_view(leaf)), "d." + name, bars<T>::gradients);
    });
}

}  // namespace

TEST_CASE("a pipeline is its PyTorch twin", "[pipeline][golden]")
{
    check<double>(exec::seq{});
    check<float>(exec::seq{});
    check<double>(exec::omp{.threads = 2});
    check<float>(exec::omp{.threads = 2});
}
