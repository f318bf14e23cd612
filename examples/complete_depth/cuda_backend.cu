// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <hyspn/exec/cuda.cuh>
#include <hyspn/propagation/stencil.hpp>

#include "cuda_backend.hpp"

namespace complete_depth {
namespace {

using hyspn::tensor;
namespace affinity = hyspn::affinity;
namespace memory = hyspn::memory;

affinity::geodesic::params<float, memory::device> on_device(hyspn::exec::cuda const&,
                                                            affinity::geodesic::params<float> const& p)
{
    return {p.c, p.tau};
}

affinity::hyperbolic::params<float, memory::device> on_device(hyspn::exec::cuda const& exec,
                                                              affinity::hyperbolic::params<float> const& p)
{
    return {to_device(exec, p.z), to_device(exec, p.r), p.c, p.tau};
}

affinity::naive::params<float, memory::device> on_device(hyspn::exec::cuda const& exec,
                                                         affinity::naive::params<float> const& p)
{
    return {to_device(exec, p.z), to_device(exec, p.r), p.c};
}

affinity::euclidean::params<float, memory::device> on_device(hyspn::exec::cuda const& exec,
                                                             affinity::euclidean::params<float> const& p)
{
    return {to_device(exec, p.z), to_device(exec, p.bias)};
}

template <class Module, class Params>
tensor<float, 4> forward(Module const& module, Params const& params, tensor<float, 4> const& features)
{
    hyspn::exec::cuda const exec;
    auto const x = to_device(exec, features);
    return to_host(exec, module.forward(exec, on_device(exec, params), x));
}

/// A dense copy on the device; an absent array stays absent.
tensor<float, 4, memory::device> copy_of(hyspn::exec::cuda const& exec, hyspn::view<float const, 4> from)
{
    tensor<float, 4> dense(from.extents());
    copy(from, as_view(dense));
    return to_device(exec, dense);
}

template <class Method>
tensor<float, 4> propagated(Method const& method, hyspn::propagation::inputs<float> const& in)
{
    hyspn::exec::cuda const exec;
    auto const initial = copy_of(exec, in.initial), gates = copy_of(exec, in.gates);
    auto const measured = copy_of(exec, in.measured), confidence = copy_of(exec, in.confidence);
    hyspn::propagation::inputs<float, memory::device> const there{
        .initial = initial, .gates = gates, .measured = measured, .confidence = confidence};
    tensor<float, 4, memory::device> out(in.initial.extents());
    method.forward(exec, there, out);
    return to_host(exec, out);
}

}  // namespace

void require_gpu()
{
    if (!hyspn::exec::cuda_available()) throw hyspn::cuda_error("--backend cuda: this machine has no usable GPU");
}

tensor<float, 4> run_affinity(gpu, affinity::geodesic const& module, affinity::geodesic::params<float> const& params,
                              tensor<float, 4> const& features)
{
    return forward(module, params, features);
}

tensor<float, 4> run_affinity(gpu, affinity::hyperbolic const& module,
                              affinity::hyperbolic::params<float> const& params, tensor<float, 4> const& features)
{
    return forward(module, params, features);
}

tensor<float, 4> run_affinity(gpu, affinity::naive const& module, affinity::naive::params<float> const& params,
                              tensor<float, 4> const& features)
{
    return forward(module, params, features);
}

tensor<float, 4> run_affinity(gpu, affinity::euclidean const& module, affinity::euclidean::params<float> const& params,
                              tensor<float, 4> const& features)
{
    return forward(module, params, features);
}

tensor<float, 4> run_propagation(gpu, hyspn::propagation::stencil const& net,
                                 hyspn::propagation::inputs<float> const& in)
{
    return propagated(net, in);
}

tensor<float, 4> run_propagation(gpu, hyspn::propagation::fixed_point const& limit,
                                 hyspn::propagation::inputs<float> const& in)
{
    return propagated(limit, in);
}

}  // namespace complete_depth
