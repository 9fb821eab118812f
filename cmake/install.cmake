# What `cmake --install` adds to the programs: manuals, service units, the sample configuration, documents.
# The configuration and the media root stand where the daemon looks for them, whatever the prefix.
set(KIN_CONFIG_DIR /etc/kinora CACHE PATH "Where kinorad.conf goes")

file(GLOB KIN_MANUALS docs/man/*.1 docs/man/*.5 docs/man/*.8)
foreach(page ${KIN_MANUALS})
  get_filename_component(section ${page} LAST_EXT)
  string(SUBSTRING ${section} 1 1 section)
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

# The unit names the program's full path, which depends on the prefix given to `cmake --install`.
install(CODE "
  file(READ \"${CMAKE_SOURCE_DIR}/systemd/kinorad.service\" unit)
  string(REPLACE \"/usr/sbin/kinorad\" \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_SBINDIR}/kinorad\" unit \"\${unit}\")
  file(WRITE \"${CMAKE_BINARY_DIR}/kinorad.service\" \"\${unit}\")")
install(FILES ${CMAKE_BINARY_DIR}/kinorad.service systemd/kinorad.socket DESTINATION lib/systemd/system)
install(FILES systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME kinora.conf)
install(FILES systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME kinora.conf)
install(FILES systemd/sealed.conf DESTINATION ${CMAKE_INSTALL_DATADIR}/kinora)

# An edited configuration is never overwritten.
install(CODE "
  set(target \"\$ENV{DESTDIR}${KIN_CONFIG_DIR}/kinorad.conf\")
  if(EXISTS \"\${target}\")
    message(STATUS \"Kept: \${target}\")
  else()
    file(INSTALL \"${CMAKE_SOURCE_DIR}/conf/kinorad.conf\" DESTINATION \"${KIN_CONFIG_DIR}\")
  endif()")

install(FILES README.md LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
