// The main function of the unit tests; every other file of this directory holds tests only.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
