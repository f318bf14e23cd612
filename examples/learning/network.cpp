// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include <hyspn/io/safetensors.hpp>

namespace learning {

std::unique_ptr<network> make_cspn(network_config const& config, std::uint64_t seed);
std::unique_ptr<network> make_nlspn(network_config const& config, std::uint64_t seed);
std::unique_ptr<network> make_dyspn(network_config const& config, std::uint64_t seed);
std::unique_ptr<network> make_diffusion(network_config const& config, std::uint64_t seed);

std::unique_ptr<network> make_network(network_config const& config, std::uint64_t seed)
{
    require_valid(config);
    if (config.propagation == "nlspn") return make_nlspn(config, seed);
    if (config.propagation == "dyspn") return make_dyspn(config, seed);
    if (config.propagation == "diffusion") return make_diffusion(config, seed);
    return make_cspn(config, seed);
}

std::unique_ptr<network> load_network(std::filesystem::path const& file)
{
    auto const metadata = hyspn::io::safetensors::read(file).metadata();
    auto const found = metadata.find("configuration");
    if (found == metadata.end()) throw usage_error(file.string() + " holds no network: it records no configuration");
    auto made = make_network(parse_config(found->second), 0);
    made->load_weights(file);
    return made;
}

}  // namespace learning
