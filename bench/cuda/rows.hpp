// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hyspn::bench {

// Each .cu file registers its rows.
void register_device_floors();
void register_device_manifold();
void register_device_affinity();
void register_device_propagation();
void register_device_networks();

}  // namespace hyspn::bench
