# SPDX-License-Identifier: BSL-1.0
# ctest reads this when it starts, after the discovered tests were listed in <program>_TESTS.
foreach(program IN ITEMS test_lwp test_fibers test_servers test_labs)
  foreach(test IN LISTS ${program}_TESTS)
    # What measures time says so in its name, and no other test runs beside it.
    if(test MATCHES "\\(alone\\)")
      set_tests_properties("${test}" PROPERTIES RUN_SERIAL TRUE)
    endif()
    # What compiles a dozen files of students, say: not without --all.
    if(test MATCHES "\\(long\\)")
      set_tests_properties("${test}" PROPERTIES LABELS long)
    endif()
    if(DEFINED ENV{WEFT_STRESS})
      set_tests_properties("${test}" PROPERTIES TIMEOUT 3600)
    endif()
  endforeach()
endforeach()
