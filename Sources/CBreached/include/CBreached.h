#pragma once

#include <stddef.h>
#include <stdint.h>

/// The bytes of passwords.bloom, which scripts/breached-passwords makes, and how many they are.
const uint8_t *breached_passwords(size_t *size);
