#include "CBreached.h"

// In C, since a Swift array of two million numbers takes the compiler minutes.
static const uint8_t bytes[] = {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
#embed "passwords.bloom"
#pragma clang diagnostic pop
};

const uint8_t *breached_passwords(size_t *size) {
    *size = sizeof bytes;
    return bytes;
}
