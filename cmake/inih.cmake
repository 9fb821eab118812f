# Debian's libinih takes its limits at run time; elsewhere they are fixed when the library is built.
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::INIH)
set(CMAKE_TRY_COMPILE_CONFIGURATION Release)
check_c_source_compiles("#include <ini.h>
int main(void) { ini_use_stack = false; ini_allow_realloc = false; ini_initial_alloc = ini_max_line; return 0; }"
                        KIN_INIH_RUNTIME)
unset(CMAKE_REQUIRED_LIBRARIES)
unset(CMAKE_TRY_COMPILE_CONFIGURATION)
if(KIN_INIH_RUNTIME)
  target_compile_definitions(kin_options PRIVATE KIN_INIH_RUNTIME)
endif()
